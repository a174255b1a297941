//! Package dependencies: forms, EAPIs, errors, matching.

#![allow(clippy::unwrap_used, clippy::panic)]

use ebd_pms::{Atom, AtomOptions, Blocker, Cpv, Eapi, Operator, SlotDep, UseDepKind, Version};
use proptest::prelude::*;

fn atom(text: &str) -> Atom {
    Atom::parse(text, Eapi::E8).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn valid_dependencies_are_written_back_as_they_were() {
    let cases = [
        "a/b",
        "dev-libs/openssl",
        "=a/b-1",
        "<a/b-1",
        "<=a/b-1",
        ">a/b-1",
        ">=a/b-1.2.3_alpha4-r5",
        "~a/b-1",
        "~a/b-1-r2",
        "=a/b-1*",
        "=a/b-1.2b_p*",
        "=a/b-1-r1*",
        "!a/b",
        "!!a/b",
        "!!>=a/b-2:3",
        "a/b:0",
        "a/b:0/1",
        "a/b:*",
        "a/b:=",
        "a/b:0=",
        "!a/b:=",
        "a/b:3.11-x+y/_z",
        "a/b[x]",
        "a/b[-x]",
        "a/b[x=]",
        "a/b[!x=]",
        "a/b[x?]",
        "a/b[!x?]",
        "a/b[x(+)]",
        "a/b[-x(-)]",
        "a/b[x(+)=]",
        "a/b[!x(-)?]",
        "a/b:=[x,-y,z?,!z?,w=,!w=]",
        ">=a/b-1:2/3[x,y(+)]",
        "a/b[x,x]",
        "a/b[x(+),-x(+)]",
        "a/b[c++,d@e,f_g]",
        "a+b.c_d/e+f-g_h",
        "sys-devel/gcc-config",
        "x11-libs/gtk+:2",
        "media-fonts/font-adobe-100dpi",
        "dev-python/pyside2-tools-x",
        "=a/1-2",
        "a/b-r1",
        "=a/b-r1-1",
        "_a/_b",
        "9a/9b",
        "=a/b-01.02",
        "=a/b-1-r0",
    ];
    for text in cases {
        assert_eq!(atom(text).to_string(), text);
    }
}

#[test]
fn parts_are_accessible() {
    let full = Atom::parse_with(
        "!!=a/b-1.2-r3*:4/5::gentoo[x?,-y(-)]",
        AtomOptions::ebuild(Eapi::E8).with_repository(),
    )
    .unwrap();
    assert_eq!(full.blocker, Some(Blocker::Strong));
    assert_eq!((full.category.as_str(), full.package.as_str()), ("a", "b"));
    let (operator, version) = full.version.clone().unwrap();
    assert_eq!(
        (operator, version.as_str()),
        (Operator::EqualPrefix, "1.2-r3")
    );
    assert_eq!(
        full.slot,
        Some(SlotDep::Slot {
            slot: "4".into(),
            subslot: Some("5".into()),
            rebuild: false
        })
    );
    assert_eq!(full.repository.as_deref(), Some("gentoo"));
    assert_eq!(full.use_deps[0].kind, UseDepKind::EnabledIf);
    assert_eq!(
        (full.use_deps[1].flag.as_str(), full.use_deps[1].default),
        ("y", Some(false))
    );
    assert_eq!(full.to_string(), "!!=a/b-1.2-r3*:4/5::gentoo[x?,-y(-)]");
}

#[test]
fn errors_name_the_byte_and_the_rule() {
    let cases = [
        "",
        "a",
        "a/",
        "/b",
        "a/b/c",
        "!",
        "!!",
        "!!!a/b",
        "! a/b",
        "=",
        "=a/b",
        ">=a/b",
        "a/b-1",
        "a/b-1-r1",
        "a/b-1*",
        "<a/b-1*",
        "~a/b-1*",
        "=a/b*",
        "=a/b-*",
        "=a/b-1**",
        "=a/b-1.*",
        "==a/b-1",
        "=>a/b-1",
        "=a/b-1-2",
        "=a/b-c",
        "=a/b-1_foo",
        "-a/b",
        "a/-b",
        "a/b.c",
        "a/b:",
        "a/b::gentoo",
        "a/b:0:1",
        "a/b:/1",
        "a/b:0/",
        "a/b:0/1=",
        "a/b:0*",
        "a/b:**",
        "a/b:==",
        "a/b:-0",
        "a/b[",
        "a/b[]",
        "a/b[x",
        "a/b]",
        "a/b[x]y",
        "a/b[x][y]",
        "a/b[x]:0",
        "a/b[x,]",
        "a/b[,x]",
        "a/b[x,,y]",
        "a/b[ x]",
        "a/b[!x]",
        "a/b[-x?]",
        "a/b[-x=]",
        "a/b[--x]",
        "a/b[!-x=]",
        "a/b[x?=]",
        "a/b[x(*)]",
        "a/b[x()]",
        "a/b[x(+]",
        "a/b[(+)]",
        "a/b[x=(+)]",
        "a/b[x(+)(-)]",
        "a/b[x,-x(+)]",
        "a/b[x(+),y,x(-)]",
        "a/b[_x]",
        "a/b[x.y]",
        "é/b",
        "a/b:é",
        "a/b[é]",
        "a/bé",
    ];
    let errors: Vec<_> = cases
        .iter()
        .map(|text| Atom::parse(text, Eapi::E8).expect_err(text).to_string())
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn syntax_appears_with_its_eapi() {
    let cases = [
        ("a/b:0", Eapi::E1),
        ("a/b[x]", Eapi::E2),
        ("!!a/b", Eapi::E2),
        ("a/b[x(+)]", Eapi::E4),
        ("a/b:0/1", Eapi::E5),
        ("a/b:=", Eapi::E5),
        ("a/b:*", Eapi::E5),
        ("a/b:0=", Eapi::E5),
        ("!a/b", Eapi::E0),
        ("=a/b-1*", Eapi::E0),
        ("~a/b-1", Eapi::E0),
    ];
    for (text, first) in cases {
        for eapi in Eapi::ALL {
            let allowed = (eapi as u8) >= (first as u8);
            assert_eq!(
                Atom::parse(text, eapi).is_ok(),
                allowed,
                "{text} in EAPI {eapi}"
            );
        }
    }
    let errors: Vec<_> = ["!!a/b", "a/b:0", "a/b[x]"]
        .iter()
        .map(|text| Atom::parse(text, Eapi::E0).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn extensions_need_to_be_asked_for() {
    let plain = AtomOptions::ebuild(Eapi::E8);
    assert!(Atom::parse_with("a/b::x", plain).is_err());
    assert!(Atom::parse_with("a/b::x", plain.with_repository()).is_ok());
    assert!(Atom::parse_with("a/b:0::x[y]", plain.with_repository()).is_ok());
    assert!(Atom::parse_with("a/b::", plain.with_repository()).is_err());
    assert!(Atom::parse_with("a/b::x:0", plain.with_repository()).is_err());
    assert!(Atom::parse_with("a/b:0/1=", plain).is_err());
    assert!(Atom::parse_with("a/b:0/1=", plain.with_bound_slot()).is_ok());
}

#[test]
fn versions_match_by_operator() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("a/b", &["1", "9999"], &[]),
        ("=a/b-1.0", &["1.0", "1.0-r0", "1.00"], &["1.0-r1", "1"]),
        ("~a/b-1.0", &["1.0", "1.0-r7"], &["1.0.1", "1.0_p0"]),
        ("~a/b-1.0-r2", &["1.0", "1.0-r7"], &["1.1"]),
        (
            "=a/b-1.0*",
            &["1.0", "1.0.1", "1.0-r3", "1.0_rc1", "1.0b"],
            &["1.01", "1", "1.1"],
        ),
        ("=a/b-1*", &["1", "1.9", "1b"], &["10", "2"]),
        (
            "<a/b-1.0",
            &["1.0_rc1", "0.9"],
            &["1.0", "1.0-r0", "1.0-r1"],
        ),
        ("<=a/b-1.0", &["1.0", "1.0-r0"], &["1.0-r1"]),
        (">a/b-1.0", &["1.0-r1", "1.0_p1"], &["1.0", "1.0_alpha"]),
        (">=a/b-1.0-r1", &["1.0-r1", "1.0.0"], &["1.0"]),
        ("!<a/b-2", &["1"], &["2"]),
    ];
    for (text, yes, no) in cases {
        for version in *yes {
            assert!(
                atom(text).matches_version(&Version::parse(version).unwrap()),
                "{text} matches {version}"
            );
        }
        for version in *no {
            assert!(
                !atom(text).matches_version(&Version::parse(version).unwrap()),
                "{text} does not match {version}"
            );
        }
    }
    assert!(atom(">=a/b-1").matches(&Cpv::parse("a/b-2").unwrap()));
    assert!(!atom(">=a/b-1").matches(&Cpv::parse("a/c-2").unwrap()));
    assert!(atom("a/b:1").matches_slot("1", "9") && !atom("a/b:1/2").matches_slot("1", "9"));
    assert!(atom("a/b:=").matches_slot("1", "9") && !atom("a/b:2=").matches_slot("1", "9"));
}

#[test]
fn conditional_requirements_depend_on_the_parent() {
    let text = "a/b[x?,!x?,x=,!x=,y?,!y?,y(+)=,!y=,z]".replace("y(+)=", "y=");
    let evaluated = atom(&text).evaluate(&|flag| flag == "x");
    assert_eq!(evaluated.to_string(), "a/b[x,x,-x,-y,-y,y,z]");
    assert_eq!(atom("a/b[x?]").evaluate(&|_| false).to_string(), "a/b");
    assert_eq!(
        atom("a/b[x(-)=]").evaluate(&|_| false).to_string(),
        "a/b[-x(-)]"
    );
}

fn any_atom() -> impl Strategy<Value = String> {
    let version =
        "[0-9]{1,3}(\\.[0-9]{1,2}){0,2}[a-z]?(_(alpha|beta|pre|rc|p)[0-9]{0,2}){0,2}(-r[0-9])?";
    let tail = "(:(\\*|=|[0-9]=?|[0-9]/[0-9a-z]{1,2}))?(\\[(x|-x|x\\?|!x\\?|x=|!x=)(,y(\\(-\\))?)?(,-z(\\(\\+\\))?)?\\])?";
    let name = "[a-z][a-z+_]{0,5}(-[a-z]{1,3})?";
    let plain = format!("!{{0,2}}{name}/{name}{tail}");
    let versioned = format!("!{{0,2}}(<|<=|=|~|>=|>){name}/{name}-{version}{tail}");
    let prefix = format!("!{{0,2}}={name}/{name}-{version}\\*{tail}");
    proptest::string::string_regex(&format!("({plain})|({versioned})|({prefix})")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn generated_dependencies_round_trip(text in any_atom()) {
        let parsed = Atom::parse(&text, Eapi::E8).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(parsed.to_string(), text);
    }

    #[test]
    fn what_parses_round_trips(text in "[ab/:=~<>!\\[\\]()?*+,1.r-]{0,16}") {
        let options = AtomOptions::ebuild(Eapi::E9).with_repository().with_bound_slot();
        match Atom::parse_with(&text, options) {
            Ok(atom) => prop_assert_eq!(atom.to_string(), text),
            Err(error) => prop_assert!(error.offset <= text.len()),
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,30}") {
        for eapi in Eapi::ALL {
            if let Err(error) = Atom::parse(&text, eapi) {
                prop_assert!(text.is_char_boundary(error.offset) || error.offset > text.len(), "{}", error.offset);
            }
        }
    }
}
