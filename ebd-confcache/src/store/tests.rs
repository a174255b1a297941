use std::thread;

use super::*;

const PACKAGE: &str = "gentoo app-arch/gzip-1.14";

fn hash(text: &str) -> String {
    digest(text.as_bytes())
}

fn entries(list: &[(&str, &str)]) -> Entries {
    let mut entries = Entries::default();
    for (name, value) in list {
        assert!(entries.insert(name, (*value).to_owned()), "{name}");
    }
    entries
}

fn results(state: &str, status: &str) -> Results {
    Results {
        base: hash("base"),
        state: hash(state),
        status: hash(status),
        general: entries(&[("ac_cv_func_fork", "yes"), ("lt_cv_sys_x", "it's {1}")]),
        special: entries(&[("ac_cv_lib_z_deflate", "yes")]),
    }
}

struct Store {
    _folder: tempfile::TempDir,
    cache: ConfCache,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = ConfCache::new(folder.path().join("a/b"));
        Self {
            _folder: folder,
            cache,
        }
    }

    fn take(&self, given: Given, results: Results) -> Decision {
        self.cache.take(PACKAGE, given, results).unwrap()
    }

    /// How much is given in a state, and how many entries.
    fn given(&self, state: &str) -> Result<(Given, usize), &'static str> {
        let answer = self.cache.entries(PACKAGE, &hash("base"), &hash(state));
        answer.map(|(given, entries)| (given, entries.len()))
    }

    /// The file of the record.
    fn file(&self) -> PathBuf {
        self.cache.path(PACKAGE, &hash("base"))
    }
}

#[test]
fn results_come_back_in_the_same_state() {
    let store = Store::new();
    assert_eq!(store.given("s"), Ok((Given::Nothing, 0)));
    assert_eq!(
        store.take(Given::Nothing, results("s", "c")),
        Decision::Good
    );
    let (given, found) = store
        .cache
        .entries(PACKAGE, &hash("base"), &hash("s"))
        .unwrap();
    assert_eq!((given, found.len()), (Given::All, 3));
    assert_eq!(found.get("lt_cv_sys_x"), Some("it's {1}"));
    // Another package, another key.
    let other = store
        .cache
        .entries("gentoo a/b-1", &hash("base"), &hash("s"))
        .unwrap();
    assert_eq!(other, (Given::Nothing, Entries::default()));
    let other = store
        .cache
        .entries(PACKAGE, &hash("other"), &hash("s"))
        .unwrap();
    assert_eq!(other, (Given::Nothing, Entries::default()));
}

#[test]
fn in_another_state_general_results_are_given_once_a_run_has_verified_them() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    assert_eq!(store.given("t"), Ok((Given::Nothing, 0)));
    assert_eq!(store.take(Given::All, results("s", "c")), Decision::Good);
    assert_eq!(store.given("t"), Ok((Given::General, 2)));
    // What that run finds out replaces what was known.
    assert_eq!(
        store.take(Given::General, results("t", "d")),
        Decision::Good
    );
    assert_eq!(store.given("t"), Ok((Given::All, 3)));
    assert_eq!(store.given("s"), Ok((Given::General, 2)));
}

#[test]
fn a_script_that_results_change_never_gets_any_again() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    assert_eq!(
        store.take(Given::All, results("s", "other")),
        Decision::Again
    );
    assert!(store.given("s").is_err());
    assert_eq!(
        store.take(Given::Nothing, results("s", "c")),
        Decision::Good
    );
    assert!(store.given("s").is_err());
}

#[test]
fn a_config_status_that_is_never_the_same_is_noticed() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    assert_eq!(
        store.take(Given::Nothing, results("s", "d")),
        Decision::Good
    );
    assert!(store.given("s").is_err());
}

#[test]
fn a_value_that_contradicts_another_is_never_shared_again() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    let mut other = results("s", "c");
    other.special = entries(&[("ac_cv_lib_z_deflate", "no")]);
    store.take(Given::Nothing, other);
    assert_eq!(store.given("s"), Ok((Given::All, 2)));
    store.take(Given::Nothing, results("s", "c"));
    assert_eq!(store.given("s"), Ok((Given::All, 2)));
    // General results may not depend on the state, special ones may.
    let mut other = results("t", "e");
    other.general = entries(&[("ac_cv_func_fork", "no"), ("lt_cv_sys_x", "it's {1}")]);
    store.take(Given::Nothing, other);
    let (_, found) = store
        .cache
        .entries(PACKAGE, &hash("base"), &hash("t"))
        .unwrap();
    assert_eq!(found.get("ac_cv_func_fork"), None);
}

#[test]
fn results_without_a_record_to_compare_with_are_not_believed() {
    let store = Store::new();
    assert_eq!(store.take(Given::All, results("s", "c")), Decision::Again);
    assert_eq!(store.given("s"), Ok((Given::Nothing, 0)));
    // Another build has found out about another state meanwhile.
    store.take(Given::Nothing, results("t", "c"));
    assert_eq!(store.take(Given::All, results("s", "c")), Decision::Again);
    assert_eq!(store.given("t"), Ok((Given::All, 3)));
}

#[test]
fn what_made_a_script_fail_is_forgotten() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    store.cache.forget(PACKAGE, &hash("base")).unwrap();
    store.cache.forget(PACKAGE, &hash("base")).unwrap();
    assert_eq!(store.given("s"), Ok((Given::Nothing, 0)));
}

#[test]
fn a_damaged_record_is_none() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    let whole = fs::read(store.file()).unwrap();
    for length in 0..whole.len() {
        fs::write(store.file(), &whole[..length]).unwrap();
        assert_eq!(store.given("s"), Ok((Given::Nothing, 0)), "{length} bytes");
    }
    for at in 0..whole.len() {
        let mut text = whole.clone();
        text[at] ^= 1;
        fs::write(store.file(), &text).unwrap();
        assert_eq!(store.given("s"), Ok((Given::Nothing, 0)), "byte {at}");
    }
    assert_eq!(
        store.take(Given::Nothing, results("s", "c")),
        Decision::Good
    );
    assert_eq!(store.given("s"), Ok((Given::All, 3)));
}

#[test]
fn a_record_with_commands_is_none() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    let text = fs::read_to_string(store.file()).unwrap();
    let (_, body) = text.split_once('\n').unwrap();
    let body = body.replace("ac_cv_func_fork='yes'", "ac_cv_func_fork='yes'; id");
    let text = format!("{FIRST_LINE} {}\n{body}", digest(body.as_bytes()));
    fs::write(store.file(), text).unwrap();
    assert_eq!(store.given("s"), Ok((Given::Nothing, 0)));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_what_a_killed_writer_left_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let cache = ConfCache::new(file.join("x"));
    assert!(
        cache
            .take(PACKAGE, Given::Nothing, results("s", "c"))
            .is_err()
    );
    assert_eq!(
        cache.entries(PACKAGE, &hash("base"), &hash("s")),
        Ok((Given::Nothing, Entries::default()))
    );
    let cache = ConfCache::new(folder.path());
    fs::write(folder.path().join(".ebd-tmp.1.1"), "half a rec").unwrap();
    cache
        .take(PACKAGE, Given::Nothing, results("s", "c"))
        .unwrap();
    assert!(!folder.path().join(".ebd-tmp.1.1").exists());
}

#[test]
fn records_are_bounded_and_the_oldest_goes_first() {
    let store = Store::new();
    store.take(Given::Nothing, results("s", "c"));
    let folder = store.cache.folder().to_owned();
    let old = SystemTime::UNIX_EPOCH;
    for n in 0..MAX_RECORDS {
        fs::write(folder.join(hash(&n.to_string())), "").unwrap();
    }
    let oldest = folder.join(hash("0"));
    File::options()
        .write(true)
        .open(&oldest)
        .unwrap()
        .set_modified(old)
        .unwrap();
    let mut other = results("s", "c");
    other.base = hash("another");
    store.take(Given::Nothing, other);
    let count = fs::read_dir(&folder).unwrap().count();
    assert_eq!(count, MAX_RECORDS + 1, "records and the lock");
    assert!(!oldest.exists());
}

#[test]
fn builds_at_once_leave_whole_records() {
    let store = Store::new();
    thread::scope(|scope| {
        for writer in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for turn in 0..25 {
                    let mut mine = results(&format!("s{}", turn % 3), "c");
                    mine.base = hash(&format!("base{}", (writer + turn) % 2));
                    store.take(Given::Nothing, mine);
                }
            });
        }
    });
    for n in 0..2 {
        let base = hash(&format!("base{n}"));
        let path = store.cache.path(PACKAGE, &base);
        let record = Record::read(&path, PACKAGE, &base).unwrap();
        assert_eq!(record.results.general.len(), 2);
    }
}

#[test]
fn a_client_can_send_results_only_in_their_form() {
    let sent = results("s", "c").to_words();
    let words: Vec<&str> = sent.iter().map(String::as_str).collect();
    assert_eq!(Results::parse(&words), Some(results("s", "c")));
    assert_eq!(Results::parse(&words[1..]), None);
    for (at, bad) in [
        (0, "../../etc/passwd"),
        (2, ""),
        (3, "id"),
        (4, "ac_cv_x=${ac_cv_x=$(id)}"),
    ] {
        let mut words = words.clone();
        words[at] = bad;
        assert_eq!(Results::parse(&words), None, "{bad}");
    }
}
