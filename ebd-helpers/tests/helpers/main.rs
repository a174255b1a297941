//! Every helper in every EAPI that differs, with both outcomes.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, one that cannot run says so"
)]

#[path = "../common/mod.rs"]
mod common;

mod fixture;
mod portage;
mod table;

use ebd_helpers::multicall::Consequence;
use ebd_pms::{Command, Eapi, Feature};
use fixture::Fixture;
use table::{Expect, ROWS};

#[test]
fn helpers_do_what_the_table_says() {
    let mut wrong = Vec::new();
    for row in ROWS {
        for eapi in Eapi::ALL {
            if !row.eapis().contains(&eapi) {
                continue;
            }
            for nonfatal in [false, true] {
                if nonfatal && !eapi.has(Feature::HelpersDie) {
                    continue;
                }
                if let Err(problem) = check(row, eapi, nonfatal) {
                    wrong.push(format!(
                        "EAPI {eapi}, nonfatal {nonfatal}, {:?}: {problem}",
                        row.call
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(row: &table::Row, eapi: Eapi, nonfatal: bool) -> Result<(), String> {
    let fixture = Fixture::new();
    let outcome = fixture.call(eapi, nonfatal, row.set, row.call);
    let said = outcome.errors.join("; ");
    let image = fixture.image();
    match row.expect {
        Expect::Installs(listing) => {
            if outcome.status != 0 || outcome.consequence.is_some() {
                return Err(format!("failed: {said}"));
            }
            let listing: Vec<&str> = listing.split_whitespace().collect();
            if image != listing {
                return Err(format!("installed {image:?}, not {listing:?}"));
            }
        }
        Expect::Fails(message) | Expect::Ends(message) => {
            let die = match row.expect {
                Expect::Ends(_) => true,
                _ => eapi.has(Feature::HelpersDie) && !nonfatal,
            };
            let consequence = if die {
                Consequence::Die
            } else {
                Consequence::CallerDecides
            };
            if outcome.status != 1 || outcome.consequence != Some(consequence) {
                return Err(format!(
                    "status {}, {:?}: {said}; {image:?}",
                    outcome.status, outcome.consequence
                ));
            }
            if !said.contains(message) {
                return Err(format!("said {said:?}, not {message:?}"));
            }
        }
    }
    Ok(())
}

#[test]
fn the_table_has_every_helper_with_both_outcomes_wherever_it_is_provided() {
    for helper in ebd_helpers::multicall::PROGRAMS {
        for eapi in Eapi::ALL {
            let rows = ROWS
                .iter()
                .filter(|row| row.helper() == helper.name() && row.eapis().contains(&eapi));
            let mut good = false;
            let mut bad = false;
            for row in rows {
                match row.expect {
                    Expect::Installs(_) => good = true,
                    _ => bad = true,
                }
            }
            let provided = helper.provided().contains(eapi);
            assert!(bad, "{helper} never fails in EAPI {eapi}");
            assert_eq!(good, provided, "{helper} in EAPI {eapi}");
        }
    }
    assert!(
        ROWS.iter()
            .all(|row| Command::from_name(row.helper()).is_some())
    );
}
