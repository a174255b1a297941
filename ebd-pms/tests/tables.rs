//! Every EAPI is in every table.

use ebd_pms::{
    Accumulated, Availability, Command, DefaultPhase, Eapi, EapiSet, Feature, Key, Phase, Variable,
};

#[test]
fn every_eapi_is_in_every_table() {
    for eapi in Eapi::ALL {
        assert_eq!(Eapi::parse(eapi.as_str()), Ok(eapi));
        assert_eq!(Eapi::parse_or_latest(eapi.as_str()), eapi);
        assert!(EapiSet::ALL.contains(eapi), "{eapi}");
        assert!(eapi.features().count() > 0, "{eapi}");
        assert!(eapi.minimum_bash() >= Eapi::OLDEST.minimum_bash(), "{eapi}");
        assert!(
            Phase::of(eapi).any(|phase| phase == Phase::Install),
            "{eapi}"
        );
        assert!(Key::of(eapi).any(|key| key == Key::Slot), "{eapi}");
        assert!(
            Accumulated::of(eapi).any(|key| key == Key::Depend),
            "{eapi}"
        );
        assert!(Variable::P.eapis().contains(eapi), "{eapi}");
        assert_eq!(Command::Inherit.availability(eapi), Availability::Provided);
    }
}

/// What is there since some EAPI is there in the latest one, without a word about it.
#[test]
fn the_latest_eapi_has_what_has_no_end() {
    let latest = Eapi::LATEST;
    assert_eq!(Eapi::ALL.last(), Some(&latest));
    for feature in [Feature::Idepend, Feature::UseStable, Feature::StrictUse] {
        assert!(latest.has(feature), "{feature}");
    }
    for feature in [Feature::ExportedVariables, Feature::RdependFallback] {
        assert!(!latest.has(feature), "{feature}");
    }
    assert_eq!(Phase::of(latest).count(), Phase::ALL.len());
    assert_eq!(Key::of(latest).count(), Key::ALL.len());
    assert_eq!(Accumulated::of(latest).count(), Accumulated::ALL.len());
    assert_eq!(Command::Edo.availability(latest), Availability::Provided);
    assert_eq!(Command::Assert.availability(latest), Availability::Banned);
    assert_eq!(Phase::Prepare.default_for(latest), DefaultPhase::Prepare8);
    assert_eq!(Phase::Install.default_for(latest), DefaultPhase::Install6);
}
