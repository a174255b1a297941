//! What the ebuilds of repositories say, from their cache entries.

use ebd_cache::{Backend, Entry, Key, Md5, Md5Dict, Verdict, validate};
use ebd_pms::Cpv;
use ebd_repo::{EclassDigests, read_source};

use super::{ConfiguredRepository, Portageq, Printed};

impl Portageq<'_> {
    /// `metadata … ebuild`: the values of the entry in the repository of the highest priority that has the ebuild. ebd evaluates
    /// nothing here, so that an entry that is not valid is an error.
    pub(super) fn ebuild_metadata(&self, spec: &str, keys: &[&str]) -> Printed {
        let (spec, repository) = spec
            .split_once("::")
            .map_or((spec, None), |(spec, name)| (spec, Some(name)));
        let spec = spec.split_once(':').map_or(spec, |(spec, _)| spec);
        let cpv = Cpv::parse(spec).ok();
        let found = cpv.and_then(|cpv| {
            let version = cpv.package();
            let file = format!("{}/{}/{}.ebuild", cpv.category(), cpv.pn(), version.pf());
            self.repositories
                .iter()
                .rev()
                .filter(|item| repository.is_none_or(|name| name == item.name))
                .find(|item| item.location.join(&file).is_file())
                .map(|item| (item, item.location.join(&file)))
        });
        let Some((repository, file)) = found else {
            return Printed::wrong(1, format_args!("Package not found: '{spec}'"));
        };
        let entry = match read_source(&file) {
            Ok(source) => self.entry(repository, spec, Md5::from(source.md5)),
            Err(error) => return Printed::wrong(3, error),
        };
        let entry = match entry {
            Ok(entry) => entry,
            Err(reason) => {
                return Printed::wrong(
                    3,
                    format_args!(
                        "portageq: {spec} in {}: {reason}; ebd regen writes entries",
                        repository.location.display()
                    ),
                );
            }
        };
        let mut output = String::new();
        for key in keys {
            let value = match (*key, Key::from_name(key)) {
                ("INHERITED", _) => {
                    let names = entry.eclasses().iter().map(|eclass| eclass.name.as_str());
                    names.collect::<Vec<_>>().join(" ")
                }
                ("repository", _) => repository.name.clone(),
                (_, Some(key)) => entry.get(key).to_owned(),
                (_, None) => String::new(),
            };
            output.push_str(&value);
            output.push('\n');
        }
        Printed::output(output)
    }

    /// The entry of an ebuild, if it is still true.
    fn entry(
        &self,
        repository: &ConfiguredRepository,
        cpv: &str,
        ebuild: Md5,
    ) -> Result<Entry, String> {
        let store = Md5Dict::open(repository.location.join("metadata/md5-cache"));
        let entry = match store.get(cpv) {
            Ok(Some(entry)) => entry,
            Ok(None) => return Err("there is no cache entry".to_owned()),
            Err(error) => return Err(error.to_string()),
        };
        let eclasses = self
            .eclasses(repository)
            .map(|table| EclassDigests::new(&table));
        let digest = |name: &str| {
            let digest = eclasses.as_ref()?.get(name).ok().flatten()?;
            Some(Md5::from(digest.md5))
        };
        match validate(&entry, ebuild, &digest) {
            Verdict::Good => Ok(entry),
            _ => Err("the cache entry is out of date".to_owned()),
        }
    }
}
