//! A shell scanner for bash on bytes: words, quoting, here-documents, function spans.
