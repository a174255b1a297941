//! The syntax of `make.conf` and its kin.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;

use ebd_config::{Assignment, parse_assignments};
use proptest::prelude::*;

fn parse(text: &str) -> String {
    match parse_assignments(Path::new("make.conf"), text) {
        Ok((assignments, warnings)) => {
            let mut shown = String::new();
            for Assignment { name, value, place } in &assignments {
                writeln!(shown, "{}: {name} = {value:?}", place.line).unwrap();
            }
            for warning in warnings {
                writeln!(shown, "warning: {warning}").unwrap();
            }
            shown
        }
        Err(error) => format!("error: {error}\n"),
    }
}

#[test]
fn assignments_are_read_as_portage_reads_them() {
    let texts = [
        "A=1\nexport B=\"two words\" C='three'\n",
        "# comment\nA=1 # comment\nB=x#y\nC=\"#not\"\n",
        "A=\"a\nb \\\n c\"\nB=a\\\nb\nC=1\n",
        "A=1\nB=\"$A ${A}\"\nC='$A'\nD=\\$A\nE=\"\\$A\"\n",
        "A=pre\"quoted\"'single'post\nB=\"\"\nC=''\n",
        "A=\"x\\\"y\\\\z\\n\"\nB='it\\'\n",
        "A = 1\nB\n=\n2\n",
        "A=${B:-c}\nB=$(date)\nC=\"5$\"\n",
        "A=1\r\nB=2\r\n",
        "source other\n",
        "A=1\nB\n",
        "A=\n",
        "A=\"never closed\nB=1\n",
        "A=1\n1B=2\n",
        "A B=c\n",
        "A=b=c\n",
        "A=(a b)\n",
        "A=\\",
        "A=1;B=2\n",
        "",
    ];
    let shown: Vec<_> = texts
        .iter()
        .map(|text| format!("{text:?}\n{}", parse(text)))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail_without_a_place(text in "[A-C=\"'$\\\\{}# \na-c\r(]{0,60}") {
        match parse_assignments(Path::new("x"), &text) {
            Ok((assignments, warnings)) => {
                // A carriage return ends a line too.
                let lines = u32::try_from(text.split(['\n', '\r']).count()).unwrap();
                for assignment in assignments {
                    prop_assert!((1..=lines).contains(&assignment.place.line));
                }
                for warning in warnings {
                    prop_assert!(warning.place.is_some());
                }
            }
            Err(error) => prop_assert!(error.to_string().starts_with("x:"), "{error}"),
        }
    }

    #[test]
    fn quoted_values_come_back(value in "[ -#%-\\[\\]-~]{0,40}") {
        // No $ and no backslash: a value with one is expanded once more.
        let quoted = value.replace('"', "\\\"");
        let (assignments, warnings) = parse_assignments(Path::new("x"), &format!("A=\"{quoted}\"\n")).unwrap();
        prop_assert!(warnings.is_empty());
        prop_assert_eq!(&assignments[0].value, &value);
    }
}
