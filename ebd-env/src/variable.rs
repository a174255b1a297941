//! Variables: a value and attributes.

use std::borrow::Cow;
use std::fmt;

/// Text from a shell: any bytes but NUL, borrowed from the parsed text where possible.
pub type Bytes<'a> = Cow<'a, [u8]>;

/// How assignment changes the case of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Case {
    /// `-l`: to lower case.
    Lower,
    /// `-u`: to upper case.
    Upper,
    /// `-c`: the first letter to upper, the others to lower case.
    Capital,
}

/// The attributes of a variable that are no part of the kind of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Attributes {
    /// `-x`
    pub exported: bool,
    /// `-r`
    pub readonly: bool,
    /// `-i`: assignment evaluates arithmetic.
    pub integer: bool,
    /// `-t`: has no meaning for variables, but bash keeps it.
    pub traced: bool,
    /// `-l`, `-u`, `-c`
    pub case: Option<Case>,
}

impl Attributes {
    /// Whether assigning the value again may change it.
    #[must_use]
    pub fn changes_values(self) -> bool {
        self.integer || self.case.is_some()
    }
}

/// The letters, in the order in which bash prints them.
impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (self.integer, "i"),
            (self.readonly, "r"),
            (self.traced, "t"),
            (self.exported, "x"),
            (self.case == Some(Case::Capital), "c"),
            (self.case == Some(Case::Lower), "l"),
            (self.case == Some(Case::Upper), "u"),
        ];
        for (_, letter) in letters.iter().filter(|(set, _)| *set) {
            f.write_str(letter)?;
        }
        Ok(())
    }
}

/// What a variable holds. `None` is declared, but not set: `declare -a x`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value<'a> {
    /// A string.
    Scalar(Option<Bytes<'a>>),
    /// `-a`: indexes and elements, by ascending index.
    Indexed(Option<Vec<(u64, Bytes<'a>)>>),
    /// `-A`: keys and elements, in the order of the text.
    Associative(Option<Vec<(Bytes<'a>, Bytes<'a>)>>),
    /// `-n`: the name or array element that it refers to.
    Reference(Option<Bytes<'a>>),
}

impl<'a> Value<'a> {
    /// A string.
    pub fn scalar(text: impl Into<Bytes<'a>>) -> Self {
        Self::Scalar(Some(text.into()))
    }

    /// The letter of the kind: `a`, `A`, `n`, or nothing.
    #[must_use]
    pub fn letter(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "",
            Self::Indexed(_) => "a",
            Self::Associative(_) => "A",
            Self::Reference(_) => "n",
        }
    }

    /// Whether it has a value.
    #[must_use]
    pub fn is_set(&self) -> bool {
        match self {
            Self::Scalar(text) | Self::Reference(text) => text.is_some(),
            Self::Indexed(elements) => elements.is_some(),
            Self::Associative(elements) => elements.is_some(),
        }
    }

    /// The value without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        fn owned(bytes: Bytes<'_>) -> Bytes<'static> {
            Cow::Owned(bytes.into_owned())
        }
        match self {
            Self::Scalar(text) => Value::Scalar(text.map(owned)),
            Self::Reference(text) => Value::Reference(text.map(owned)),
            Self::Indexed(elements) => Value::Indexed(elements.map(|elements| {
                let element = |(index, text)| (index, owned(text));
                elements.into_iter().map(element).collect()
            })),
            Self::Associative(elements) => Value::Associative(elements.map(|elements| {
                let element = |(key, text)| (owned(key), owned(text));
                elements.into_iter().map(element).collect()
            })),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::scalar(text.as_bytes())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::scalar(text.into_bytes())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(text: &'a [u8]) -> Self {
        Self::scalar(text)
    }
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Variable<'a> {
    /// Its attributes.
    pub attributes: Attributes,
    /// Its value.
    pub value: Value<'a>,
}

impl<'a> Variable<'a> {
    /// A variable without attributes.
    #[must_use]
    pub fn new(value: Value<'a>) -> Self {
        Self {
            attributes: Attributes::default(),
            value,
        }
    }

    /// A string.
    pub fn scalar(text: impl Into<Bytes<'a>>) -> Self {
        Self::new(Value::scalar(text))
    }

    /// The same, exported.
    #[must_use]
    pub fn exported(mut self) -> Self {
        self.attributes.exported = true;
        self
    }

    /// The string that bash expands `$name` to: of an array its element 0. `None` if that is not set, and for references.
    #[must_use]
    pub fn text(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Scalar(text) => text.as_deref(),
            Value::Indexed(elements) => match elements.as_deref()? {
                [(0, text), ..] => Some(text),
                _ => None,
            },
            Value::Associative(elements) => {
                let mut elements = elements.as_deref()?.iter();
                let (_, text) = elements.find(|(key, _)| **key == *b"0")?;
                Some(text)
            }
            Value::Reference(_) => None,
        }
    }

    /// All letters after the `-` of `declare`; `-` itself if there are none, as bash prints it.
    #[must_use]
    pub fn letters(&self) -> String {
        let letters = format!("{}{}", self.value.letter(), self.attributes);
        if letters.is_empty() {
            "-".to_owned()
        } else {
            letters
        }
    }

    /// The variable without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Variable<'static> {
        Variable {
            attributes: self.attributes,
            value: self.value.into_owned(),
        }
    }
}
