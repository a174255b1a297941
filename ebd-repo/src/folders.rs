//! What folders held, so that those that have not changed need not be listed again.

use std::ops::Range;

use ebd_fs::Stamp;

/// What the folders of a repository held when they were listed. Making, removing and renaming a file changes the times of its
/// folder, so a folder with the same stamp holds the same. Only folders that [were settled](Stamp::is_settled) and in which
/// everything is plain are in it: no symbolic links, nothing misnamed, nothing unreadable.
///
/// All names are one text and all folders two lists, because most runs read some thousands of them from a file, find that
/// nothing has changed, and end.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    names: String,
    categories: Vec<CategoryRow>,
    packages: Vec<ListingRow>,
}

#[derive(Debug, Clone)]
struct CategoryRow {
    name: Range<usize>,
    listing: Option<(Stamp, Range<usize>)>,
    packages: Range<usize>,
}

#[derive(Debug, Clone)]
struct ListingRow {
    name: Range<usize>,
    stamp: Stamp,
    names: Range<usize>,
}

/// A folder and the names in it that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing<'a> {
    /// The folder when it was listed.
    pub stamp: Stamp,
    /// The names, each followed by a newline.
    pub lines: &'a str,
}

impl<'a> Listing<'a> {
    /// Each name.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.lines.split_terminator('\n')
    }
}

/// What is known of a category.
#[derive(Debug, Clone, Copy)]
pub struct Category<'a> {
    folders: &'a Folders,
    row: &'a CategoryRow,
}

impl Folders {
    /// Every category, sorted by name if they were added so.
    pub fn iter(&self) -> impl Iterator<Item = Category<'_>> {
        let of = |row| Category { folders: self, row };
        self.categories.iter().map(of)
    }

    /// Number of categories.
    pub fn len(&self) -> usize {
        self.categories.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.categories.is_empty()
    }

    /// Adds a category, whose name follows that of the last one. The listing has the names of all its packages; without one,
    /// the folder has to be listed.
    pub fn push_category(&mut self, name: &str, listing: Option<Listing<'_>>) {
        let row = CategoryRow {
            name: self.add(name),
            listing: listing.map(|listing| (listing.stamp, self.add(listing.lines))),
            packages: self.packages.len()..self.packages.len(),
        };
        self.categories.push(row);
    }

    /// Adds to the last category the folder of a package, whose name follows that of the last one, and the versions in it.
    pub fn push_package(&mut self, name: &str, listing: Listing<'_>) {
        let row = ListingRow {
            name: self.add(name),
            stamp: listing.stamp,
            names: self.add(listing.lines),
        };
        self.packages.push(row);
        if let Some(category) = self.categories.last_mut() {
            category.packages.end = self.packages.len();
        }
    }

    pub(crate) fn category(&self, name: &str) -> Option<Category<'_>> {
        let at = self
            .categories
            .binary_search_by(|row| self.text(&row.name).cmp(name))
            .ok()?;
        let row = self.categories.get(at)?;
        Some(Category { folders: self, row })
    }

    fn add(&mut self, text: &str) -> Range<usize> {
        let start = self.names.len();
        self.names.push_str(text);
        start..self.names.len()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.names.get(range.clone()).unwrap_or_default()
    }
}

impl<'a> Category<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.folders.text(&self.row.name)
    }

    /// The folder and the names of all its packages; `None` when it has to be listed.
    pub fn listing(&self) -> Option<Listing<'a>> {
        let (stamp, names) = self.row.listing.as_ref()?;
        Some(Listing {
            stamp: *stamp,
            lines: self.folders.text(names),
        })
    }

    /// The folders of packages and the versions in them, sorted by name.
    pub fn packages(&self) -> impl ExactSizeIterator<Item = (&'a str, Listing<'a>)> + use<'a> {
        let folders = self.folders;
        self.rows().iter().map(move |row| folders.package(row))
    }

    fn rows(&self) -> &'a [ListingRow] {
        let rows = self.folders.packages.get(self.row.packages.clone());
        rows.unwrap_or_default()
    }

    /// The names in the category's folder, if it has this stamp.
    pub(crate) fn unchanged(&self, stamp: &Stamp) -> Option<Listing<'a>> {
        self.listing().filter(|listing| listing.stamp == *stamp)
    }

    /// The versions in a package's folder, if it has this stamp.
    pub(crate) fn versions(&self, package: &str, stamp: &Stamp) -> Option<Listing<'a>> {
        let rows = self.rows();
        let at = rows
            .binary_search_by(|row| self.folders.text(&row.name).cmp(package))
            .ok()?;
        let (_, listing) = self.folders.package(rows.get(at)?);
        (listing.stamp == *stamp).then_some(listing)
    }
}

impl Folders {
    fn package(&self, row: &ListingRow) -> (&str, Listing<'_>) {
        let listing = Listing {
            stamp: row.stamp,
            lines: self.text(&row.names),
        };
        (self.text(&row.name), listing)
    }
}

impl PartialEq for Folders {
    fn eq(&self, other: &Folders) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl PartialEq for Category<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
            && self.listing() == other.listing()
            && self.packages().eq(other.packages())
    }
}
