die 'of an eclass'
