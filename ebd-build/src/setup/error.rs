//! What can go wrong before a build begins.

use ebd_config::ConfigError;
use ebd_pms::{CpvError, EapiError, ExprError, ValueError};

/// Why a package or a system cannot be set up. Boxed, because some of the errors are large.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(Box<ConfigError>),
    /// The EAPI of the ebuild is not known.
    #[error(transparent)]
    Eapi(Box<EapiError>),
    /// The name of the ebuild is none of a package.
    #[error(transparent)]
    Cpv(Box<CpvError>),
    /// SRC_URI cannot be understood.
    #[error(transparent)]
    Sources(Box<ExprError>),
    /// DEFINED_PHASES cannot be understood.
    #[error(transparent)]
    Phases(Box<ValueError>),
    /// The directory that stands for a profile without anything cannot be made.
    #[error("cannot make a temporary folder")]
    Scratch(#[source] std::io::Error),
}

/// Makes `?` box an error.
macro_rules! boxed {
    ($($variant:ident($error:ty),)*) => {
        $(impl From<$error> for SetupError {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        })*
    };
}

boxed! {
    Config(ConfigError),
    Eapi(EapiError),
    Cpv(CpvError),
    Sources(ExprError),
    Phases(ValueError),
}
