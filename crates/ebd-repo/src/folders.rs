//! What folders held, so that those that have not changed need not be listed again.

use std::collections::BTreeMap;

use crate::source::Stamp;

/// What the folders of a repository held when they were listed. Making, removing and renaming a file changes the times of its
/// folder, so a folder with the same stamp holds the same. Only folders that [were settled](Stamp::is_settled) and in which
/// everything is plain are in it: no symbolic links, nothing misnamed, nothing unreadable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folders {
    categories: BTreeMap<String, Category>,
}

/// A category's folder and its packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Category {
    /// The folder and the names of all its packages; `None` when it has to be listed.
    pub listing: Option<Listing>,
    /// The folders of packages and the versions in them, sorted by name.
    pub packages: Vec<(String, Listing)>,
}

/// A folder and the names in it that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The folder when it was listed.
    pub stamp: Stamp,
    /// The names.
    pub names: Vec<String>,
}

impl Folders {
    /// Every category with what is known of it, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Category)> {
        self.categories
            .iter()
            .map(|(name, category)| (name.as_str(), category))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.categories.is_empty()
    }

    pub(crate) fn category(&self, name: &str) -> Option<&Category> {
        self.categories.get(name)
    }
}

impl Category {
    /// The names in the category's folder, if it has this stamp.
    pub(crate) fn names(&self, stamp: &Stamp) -> Option<&Listing> {
        self.listing
            .as_ref()
            .filter(|listing| listing.stamp == *stamp)
    }

    /// The versions in a package's folder, if it has this stamp.
    pub(crate) fn versions(&self, package: &str, stamp: &Stamp) -> Option<&Listing> {
        let at = self
            .packages
            .binary_search_by(|(name, _)| name.as_str().cmp(package))
            .ok()?;
        let (_, listing) = self.packages.get(at)?;
        (listing.stamp == *stamp).then_some(listing)
    }
}

impl FromIterator<(String, Category)> for Folders {
    fn from_iter<T: IntoIterator<Item = (String, Category)>>(iter: T) -> Folders {
        let sorted = |(name, mut category): (String, Category)| {
            category.packages.sort_by(|a, b| a.0.cmp(&b.0));
            (name, category)
        };
        Folders {
            categories: iter.into_iter().map(sorted).collect(),
        }
    }
}
