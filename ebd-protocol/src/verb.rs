use std::fmt;

macro_rules! verbs {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$inner])* $variant,)* }

        impl $name {
            /// Every verb of the channel.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The verb as it stands in a frame.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The verb of a frame, or `None` when this side does not know it.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

verbs! {
    /// What the host sends on the control channel.
    HostVerb {
        /// Source an ebuild and report its metadata; the payload is a [`MetadataRequest`](crate::MetadataRequest).
        Metadata = "metadata",
        /// Source a file that the host wrote into the processor; the payload is its path.
        Load = "load",
        /// Run a phase; the payload is bash text, see [`PhaseRequest`](crate::PhaseRequest).
        Phase = "phase",
    }
}

verbs! {
    /// What the daemon loop sends on the control channel.
    DaemonVerb {
        /// The library is loaded; sent once, with `protocol` and `bash`.
        Ready = "ready",
        /// A child is about to be forked for the request.
        Started = "started",
        /// The child has ended with `status`, and `left` is 1 when processes it started had to be ended.
        Done = "done",
        /// The request was not begun because files lie in the scratch folder; send it again when it is empty.
        Dirty = "dirty",
        /// The file of a `load` was sourced with `status`.
        Loaded = "loaded",
        /// The request's verb is not known to the daemon.
        Unknown = "unknown",
        /// The request's header is not one; the daemon ends.
        Malformed = "malformed",
    }
}

verbs! {
    /// What the child of a request sends on the result channel.
    ResultVerb {
        /// The metadata of the ebuild, see [`MetadataReply`](crate::MetadataReply).
        Metadata = "metadata",
        /// Why there is none, see [`EbuildError`](crate::EbuildError).
        Error = "error",
        /// The phase has run to its end, see [`PhaseReply`](crate::PhaseReply).
        Phase = "phase",
    }
}

verbs! {
    /// What shells and programs of a build ask the host.
    ServiceVerb {
        /// The build has to end; the payload is the message.
        Die = "die",
        /// Whether a package is installed; the payload is a [`Query`](crate::Query).
        HasVersion = "has_version",
        /// Which package is installed; the payload is a [`Query`](crate::Query).
        BestVersion = "best_version",
    }
}
