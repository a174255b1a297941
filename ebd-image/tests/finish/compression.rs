//! Compression of documentation.

use std::fs;
use std::time::{Duration, SystemTime};

use ebd_image::Report;
use ebd_pms::Eapi;

use crate::fixture::Fixture;

const DOC: &str = "usr/share/doc/pkg-1";

fn fixture(program: &str) -> Fixture {
    with_compressor(Fixture::new(Eapi::E8), program)
}

fn with_compressor(mut fixture: Fixture, program: &str) -> Fixture {
    fixture.set("PORTAGE_COMPRESS", program);
    fixture.set(
        "PORTAGE_COMPRESS_EXCLUDE_SUFFIXES",
        "css gif htm[l]? jp[e]?g js pdf png",
    );
    fixture
}

/// All files and links with their targets.
fn list(fixture: &Fixture) -> Vec<String> {
    let image = ebd_image::Image::scan(&fixture.options.image).unwrap();
    image
        .entries()
        .iter()
        .filter_map(|entry| match &entry.kind {
            ebd_image::EntryKind::Folder => None,
            ebd_image::EntryKind::Link(target) => {
                Some(format!("{}->{}", entry.path.display(), target.display()))
            }
            _ => Some(entry.path.display().to_string()),
        })
        .collect()
}

fn messages(report: &Report, check: &str) -> String {
    report
        .of(check)
        .flat_map(|finding| finding.message.clone())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn documentation_is_compressed_but_for_exceptions() {
    for (program, suffix) in [("bzip2", "bz2"), ("gzip", "gz"), ("xz", "xz")] {
        let fixture = fixture(program);
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        fixture
            .file(&format!("{DOC}/README"), 0o640, "text text text")
            .file(&format!("{DOC}/page.html"), 0o644, "text")
            .file(&format!("{DOC}/html/README"), 0o644, "text")
            .file(&format!("{DOC}/empty"), 0o644, "")
            .file("usr/share/man/man1/x.1", 0o644, "text")
            .file("usr/share/other/x.1", 0o644, "text")
            .link("usr/share/man/man1/y.1", "x.1")
            .link("usr/share/man/man1/z.1", "y.1")
            .link("usr/share/man/man1/absolute.1", "/usr/share/man/man1/x.1")
            .link("usr/share/man/man1/other.1", "nowhere.1");
        let readme = fs::OpenOptions::new()
            .append(true)
            .open(fixture.real(&format!("{DOC}/README")))
            .unwrap();
        readme.set_modified(old).unwrap();
        let report = fixture.finish();
        let expected = [
            format!("/{DOC}/README.{suffix}"),
            format!("/{DOC}/empty"),
            format!("/{DOC}/html/README"),
            format!("/{DOC}/page.html"),
            format!("/usr/share/man/man1/absolute.1.{suffix}->/usr/share/man/man1/x.1.{suffix}"),
            "/usr/share/man/man1/other.1->nowhere.1".to_owned(),
            format!("/usr/share/man/man1/x.1.{suffix}"),
            format!("/usr/share/man/man1/y.1.{suffix}->x.1.{suffix}"),
            format!("/usr/share/man/man1/z.1.{suffix}->y.1.{suffix}"),
            "/usr/share/other/x.1".to_owned(),
        ];
        assert_eq!(list(&fixture), expected);
        assert_eq!(report.compressed.len(), 2);
        let metadata = fixture
            .real(&format!("{DOC}/README.{suffix}"))
            .metadata()
            .unwrap();
        assert_eq!(metadata.modified().unwrap(), old);
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777,
            0o640
        );
    }
}

#[test]
fn the_size_limit_and_no_compressor_leave_files_alone() {
    let mut fixture = fixture("gzip");
    fixture.set("PORTAGE_DOCOMPRESS_SIZE_LIMIT", "10");
    fixture
        .file(&format!("{DOC}/ten"), 0o644, "0123456789")
        .file(&format!("{DOC}/eleven"), 0o644, "0123456789a");
    fixture.finish();
    assert_eq!(
        list(&fixture),
        [format!("/{DOC}/eleven.gz"), format!("/{DOC}/ten")]
    );
    fixture.set("PORTAGE_COMPRESS", "");
    assert_eq!(
        fixture.finish().compressed,
        Vec::<std::path::PathBuf>::new()
    );
}

#[test]
fn compressed_files_are_unpacked_first_and_noticed() {
    let fixture = fixture("bzip2");
    fixture.file("usr/share/man/man1/x.1", 0o644, "text");
    let status = std::process::Command::new("gzip")
        .arg(fixture.real("usr/share/man/man1/x.1"))
        .status();
    assert!(status.unwrap().success());
    let report = fixture.finish();
    assert_eq!(list(&fixture), ["/usr/share/man/man1/x.1.bz2"]);
    let said = messages(&report, "precompressed");
    assert!(
        said.contains("One or more compressed files were found in docompress-ed"),
        "{said}"
    );
    assert!(said.contains("  /usr/share/man/man1/x.1.gz"), "{said}");
    let text = std::process::Command::new("bzip2")
        .arg("-dc")
        .arg(fixture.real("usr/share/man/man1/x.1.bz2"))
        .output();
    assert_eq!(text.unwrap().stdout, b"text");
}

#[test]
fn colliding_files_are_named_and_left() {
    let fixture = fixture("bzip2");
    fixture
        .file(&format!("{DOC}/a"), 0o644, "text")
        .file(&format!("{DOC}/a.gz"), 0o644, "text");
    let report = fixture.finish();
    assert_eq!(
        list(&fixture),
        [format!("/{DOC}/a.bz2"), format!("/{DOC}/a.gz")]
    );
    assert!(messages(&report, "colliding-compressed").contains("QA Notice: Colliding files found"));
}

#[test]
fn names_of_one_file_are_compressed_each() {
    let fixture = fixture("gzip");
    fixture.file(&format!("{DOC}/a"), 0o644, "text");
    fs::hard_link(
        fixture.real(&format!("{DOC}/a")),
        fixture.real(&format!("{DOC}/b")),
    )
    .unwrap();
    fixture.finish();
    assert_eq!(
        list(&fixture),
        [format!("/{DOC}/a.gz"), format!("/{DOC}/b.gz")]
    );
}

#[test]
fn a_compressor_that_is_missing_or_fails_is_an_error() {
    let fixture_missing = fixture("no-such-compressor");
    fixture_missing.file(&format!("{DOC}/a"), 0o644, "text");
    let report = fixture_missing.finish();
    assert!(report.is_fatal());
    assert!(messages(&report, "missing-tools").contains("no-such-compressor cannot be run"));
    let mut failing = fixture("gzip");
    failing.set("PORTAGE_COMPRESS_FLAGS", "--no-such-flag");
    failing.file(&format!("{DOC}/a"), 0o644, "text");
    let error = ebd_image::finish(&failing.options).unwrap_err().to_string();
    assert!(
        error.contains("gzip") && error.contains("no-such-flag"),
        "{error}"
    );
}

#[test]
fn an_unknown_compressor_is_asked_for_its_suffix() {
    let mut fixture = with_compressor(Fixture::on_disk(Eapi::E8), "gzip");
    let program = fixture.beside("squeeze");
    fs::write(
        &program,
        "#!/bin/sh\nfor f; do gzip -S .sqz \"$f\" || exit; done\n",
    )
    .unwrap();
    fs::set_permissions(
        &program,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    fixture.set("PORTAGE_COMPRESS", program.to_str().unwrap());
    fixture.file(&format!("{DOC}/a"), 0o644, "text");
    fixture.finish();
    assert_eq!(list(&fixture), [format!("/{DOC}/a.sqz")]);
    assert_eq!(fs::read_dir(&fixture.options.temp).unwrap().count(), 0);
}

#[test]
fn the_index_of_info_pages_is_removed() {
    let fixture = fixture("gzip");
    for name in ["dir", "dir.gz", "dir.info.bz2", "x.info", "directory"] {
        fixture.file(&format!("usr/share/info/{name}"), 0o644, "text");
    }
    fixture.finish();
    assert_eq!(
        list(&fixture),
        ["/usr/share/info/directory.gz", "/usr/share/info/x.info.gz"]
    );
}

#[test]
fn libtool_files_are_fixed_when_wanted() {
    let text = "# x.la - a libtool library file\ndependency_libs=' /usr/lib64/liby.la'\n";
    let mut fixture = fixture("gzip");
    fixture.file("usr/lib64/libx.la", 0o644, text);
    fixture.finish();
    assert_eq!(
        fs::read_to_string(fixture.real("usr/lib64/libx.la")).unwrap(),
        text
    );
    fixture.feature("fixlafiles");
    fixture.file(
        "usr/lib64/libz.la",
        0o644,
        "# z.la - a libtool library file\n",
    );
    let report = fixture.finish();
    let fixed = fs::read_to_string(fixture.real("usr/lib64/libx.la")).unwrap();
    assert!(
        fixed.contains("dependency_libs=' -L/usr/lib64 -ly'"),
        "{fixed}"
    );
    assert!(
        messages(&report, "invalid-libtool-file")
            .contains("/usr/lib64/libz.la, missing or invalid dependency_libs")
    );
}
