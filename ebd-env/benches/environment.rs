//! How fast an environment of 500 KB is parsed, filtered and written: `cargo bench -p ebd-env`.
//!
//! `EBD_BENCH_ENVIRONMENT` names a file to measure with, such as an unpacked `environment.bz2`, instead of the made one.

#![allow(
    missing_docs,
    clippy::panic,
    reason = "macros make a function without documentation"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ebd_env::{Eapi, Environment, Rules, WriteOptions};

/// One function as bash prints it, with what functions of ebuilds and eclasses mostly consist of.
const FUNCTION: &str = "sample_NUMBER () 
{ 
    local flags=() option arch=\"${1:-$(tc-arch)}\";
    [[ -n ${arch} ]] || die \"${FUNCNAME[0]}: no architecture given\";
    for option in \"${@:2}\";
    do
        case ${option} in 
            --with-* | --without-*)
                flags+=(\"${option}\")
            ;;
            -j*)
                export MAKEOPTS=\"${option} ${MAKEOPTS}\"
            ;;
        esac;
    done;
    if use test && has_version \">=dev-libs/sample-1.2[${MULTILIB_USEDEP}]\"; then
        flags+=($(usex doc '--enable-docs' ''));
    else
        ewarn \"tests are not run for ${arch}\";
    fi;
    cat > \"${T}/sample.conf\" <<EOF || die
prefix=${EPREFIX}/usr
flags=${flags[*]}
EOF

    econf \"${flags[@]}\" || die \"configure failed\"
}
";

/// One variable of each common kind.
const VARIABLES: &str = "declare -x EXPORTED_NUMBER=\"-O2 -pipe -march=native\"
declare -- DESCRIPTION_NUMBER=\"A sample with \\\"quotes\\\" and a \\$dollar\"
declare -a ARRAY_NUMBER=([0]=\"python3_11\" [1]=\"python3_12\" [2]=\"python3_13\")
declare -- DEPEND_NUMBER=$'\\n\\tdev-libs/a\\n\\t>=dev-libs/b-1.2:=\\n\\tx? ( dev-libs/c )\\n'
";

/// Functions with a few variables between them.
fn made() -> Vec<u8> {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < 500_000 {
        let part = if number % 2 == 0 { VARIABLES } else { "" };
        text.push_str(&part.replace("NUMBER", &number.to_string()));
        text.push_str(&FUNCTION.replace("NUMBER", &number.to_string()));
        number += 1;
    }
    text.into_bytes()
}

fn measure(criterion: &mut Criterion) {
    let text = match std::env::var_os("EBD_BENCH_ENVIRONMENT") {
        Some(file) => std::fs::read(file).unwrap_or_default(),
        None => made(),
    };
    let environment = match Environment::parse(&text) {
        Ok(environment) => environment,
        Err(error) => panic!("{error}"),
    };
    let rules = Rules::at_save(Eapi::E8);
    let mut group = criterion.benchmark_group("environment");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| Environment::parse(black_box(&text)));
    });
    group.bench_function("parse and filter", |bencher| {
        bencher.iter(|| {
            let mut environment = Environment::parse(black_box(&text))?;
            environment.filter(&rules);
            Ok::<_, ebd_env::ParseError>(environment)
        });
    });
    group.bench_function("write", |bencher| {
        bencher.iter(|| environment.to_bash(&WriteOptions::new()));
    });
    group.finish();
}

criterion_group!(benches, measure);
criterion_main!(benches);
