//! Phases without privileges have their host make users and groups.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use common::builds::Built;
use common::system::System;
use nix::unistd::Uid;

/// A ROOT without users, and repositories in which the category is one that may have them made; `None` where that cannot be.
fn system() -> Option<System> {
    if !Uid::effective().is_root() {
        eprintln!("NOT TESTED: only a host that is root makes users and groups");
        return None;
    }
    if !Path::new("/usr/sbin/useradd").is_file() {
        eprintln!("NOT TESTED: this machine has no /usr/sbin/useradd");
        return None;
    }
    let system = System::new();
    system
        .workshop
        .write("repo/profiles/categories", "cat\nacct-user\nacct-group\n");
    for name in ["passwd", "group", "shadow", "gshadow"] {
        system.workshop.write(&format!("root/etc/{name}"), "");
    }
    system
        .workshop
        .write("root/etc/group", "root:x:0:\naudio:x:18:\n");
    system
        .workshop
        .write("root/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    Some(system)
}

fn ebuild(system: &System, name: &str, text: &str) -> PathBuf {
    let pn = name.split_once('/').unwrap().1;
    let file = format!("repo/{name}/{pn}-0.ebuild");
    system.workshop.write(
        &file,
        &format!("EAPI=8\nDESCRIPTION=\"A test\"\nSLOT=\"0\"\nS=\"${{WORKDIR}}\"\n{text}\n"),
    );
    system.workshop.path(&file)
}

fn merge(system: &System, ebuild: &Path, more: &[&str]) -> Built {
    let mut words = vec!["merge", ebuild.to_str().unwrap(), "--user", "nobody"];
    words.extend(more);
    system.ebd(&words)
}

fn read(system: &System, name: &str) -> String {
    fs::read_to_string(system.root().join(name)).unwrap()
}

#[test]
fn setup_and_preinst_make_accounts_without_privileges() {
    let Some(system) = system() else { return };
    let ebuild = ebuild(
        &system,
        "acct-user/foo",
        r#"
pkg_setup() {
    [[ ${EUID} -eq 0 ]] || die "does not seem root"
    # The real tool, called directly, has no right to.
    if "/usr/sbin/groupadd" --prefix "${ROOT}" direct; then die "added directly"; fi
    if echo "direct:x:1:" >>"${ROOT}/etc/group"; then die "written directly"; fi
    groupadd --system --gid 101 --prefix "${ROOT}" foo || die "groupadd failed with status $?"
}
src_install() { keepdir /var/lib/foo; dodir /opt; echo x >"${ED}/opt/x"; ln -s /etc/passwd "${ED}/opt/link"; }
pkg_preinst() {
    [[ ${EUID} -eq 0 ]] || die "does not seem root"
    useradd --system --no-create-home --no-user-group --comment "A user" --home-dir /var/lib/foo \
        --shell /sbin/nologin --gid foo --groups "" --uid 101 --prefix "${ROOT}" foo || die "useradd failed with status $?"
    useradd --system -M -N -g foo -P "${ROOT}" foo
    [[ $? -eq 9 ]] || die "a second foo"
    if chmod 0777 "${ED}/opt/x"; then die "changed the image directly"; fi
    fowners 101:101 /var/lib/foo
    fperms 0750 /var/lib/foo
    fperms u=rwx,go= /opt/x
    fowners -R 101 /opt
    usermod --append --groups audio foo || die "usermod failed"
}
pkg_postinst() { useradd --help >/dev/null; [[ $(type -P useradd) == /usr/sbin/useradd ]] || die "not the real tool"; }"#,
    );
    let built = merge(&system, &ebuild, &["--unprivileged-setup"]);
    assert_eq!(built.code, Some(0), "{}", built.text);
    assert!(
        built
            .text
            .contains("done by the host with status 0: groupadd --system --gid 101"),
        "{}",
        built.text
    );
    assert_eq!(
        read(&system, "etc/passwd").lines().last(),
        Some("foo:x:101:101:A user:/var/lib/foo:/sbin/nologin")
    );
    let groups = read(&system, "etc/group");
    assert!(groups.contains("foo:x:101:"), "{groups}");
    assert!(groups.contains("audio:x:18:foo"), "{groups}");
    assert!(!groups.contains("direct"), "{groups}");
    let home = fs::metadata(system.root().join("var/lib/foo")).unwrap();
    assert_eq!(
        (home.uid(), home.gid(), home.mode() & 0o7777),
        (101, 101, 0o750)
    );
    let file = fs::metadata(system.root().join("opt/x")).unwrap();
    assert_eq!((file.uid(), file.mode() & 0o7777), (101, 0o700));
    let link = fs::symlink_metadata(system.root().join("opt/link")).unwrap();
    assert_eq!(link.uid(), 101);
    assert_eq!(fs::metadata("/etc/passwd").unwrap().uid(), 0);
}

#[test]
fn a_hostile_phase_gets_nothing() {
    let Some(system) = system() else { return };
    let outside = system.workshop.path("outside");
    fs::write(&outside, "").unwrap();
    fs::set_permissions(&outside, fs::Permissions::from_mode(0o600)).unwrap();
    let ebuild = ebuild(
        &system,
        "acct-user/foo",
        &r#"
refused() {
    local output
    if output=$("$@" 2>&1); then die "not refused: ${*:0:200}"; fi
    echo "got ${output:0:300}"
}
pkg_setup() {
    refused useradd --uid 0 --non-unique toor
    refused useradd --uid 0 toor
    refused useradd --root /tmp foo
    refused useradd --prefix / foo
    refused useradd --prefix "${ROOT}/../elsewhere" foo
    refused useradd --password x foo
    refused useradd --shell /tmp/evil foo
    refused useradd --home-dir /root foo
    refused useradd --comment $'x\nroot2::0:0::/:/bin/sh' foo
    refused useradd --gid root foo
    refused useradd -G audio,root foo
    refused useradd -- --prefix=/
    refused useradd '--uid=5 --non-unique' foo
    refused usermod --shell /bin/bash root
    refused userdel root
    refused userdel --remove foo
    refused groupdel root
    refused groupadd -g 0 -o zero
    local long
    printf -v long 'x%.0s' {1..100000}
    # A megabyte.
    refused useradd --comment "${long}" "${long}" "${long}" "${long}" "${long}" "${long}" "${long}" "${long}" "${long}" "${long}" foo
    CATEGORY=sys-apps PN=portage PF=portage-1 __EBD_CATEGORY=sys-apps refused useradd -u 2000 foo
    refused env PATH="${PATH}" __EBD_SOCKET=/dev/null useradd foo
}
src_install() { keepdir /opt; chown nobody "${ED}/opt" || die; }
pkg_preinst() {
    refused nonfatal fperms 0777 ../../../../../../../OUTSIDE
    refused nonfatal fperms 0777 /opt/../../../../../../../../OUTSIDE
    ln -s /OUTSIDE "${ED}/opt/link" && ln -s OUTSIDE "${ED}/opt/link2" || die
    refused nonfatal fperms 0777 /opt/link
    refused nonfatal fowners nobody /opt/link2
    refused nonfatal fperms --reference=/etc/passwd /opt
    refused nonfatal fperms '0777 /etc/passwd' /opt
    refused nonfatal fowners nosuchuser /opt
    fperms -R a+rwX /opt
}"#
        .replace("OUTSIDE", outside.strip_prefix("/").unwrap().to_str().unwrap()),
    );
    let before: Vec<String> = ["passwd", "group"]
        .map(|name| read(&system, &format!("etc/{name}")))
        .to_vec();
    let built = merge(&system, &ebuild, &["--unprivileged-setup"]);
    assert_eq!(built.code, Some(0), "{}", built.text);
    for reason in [
        "the option --non-unique is not allowed",
        "the number 0 is not one of a system account",
        "the option --root is not allowed",
        "is not ROOT",
        "cannot be a login shell",
        "cannot be a home",
        "nobody is put into the group root",
        "is not a name for a user or group",
        "root has the number 0",
        "the arguments have 1000012 bytes; 4096 are the most",
    ] {
        assert!(built.text.contains(reason), "{reason}:\n{}", built.text);
    }
    let after: Vec<String> = ["passwd", "group"]
        .map(|name| read(&system, &format!("etc/{name}")))
        .to_vec();
    assert_eq!(before, after);
    let mode = fs::metadata(&outside).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let foreign = self::ebuild(
        &system,
        "cat/forged",
        "pkg_setup() { CATEGORY=acct-user; groupadd foo && die \"added\"; return 0; }",
    );
    let built = merge(&system, &foreign, &["--unprivileged-setup"]);
    assert_eq!(built.code, Some(0), "{}", built.text);
    assert!(
        built
            .text
            .contains("cat/forged-0 may not add or change users and groups"),
        "{}",
        built.text
    );
}

#[test]
fn a_host_that_is_not_root_says_so() {
    if !Uid::effective().is_root() {
        eprintln!("NOT TESTED: another user to run as needs root");
        return;
    }
    let Some(system) = system() else { return };
    let ebuild = ebuild(
        &system,
        "acct-user/foo",
        "pkg_setup() { useradd foo; echo \"status $?\"; }",
    );
    let folder = system.workshop.path("");
    for name in ["", "run", "home"] {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o777)).unwrap();
    }
    let mut command = system.command(&[
        "run",
        ebuild.to_str().unwrap(),
        "setup",
        "--unprivileged-setup",
    ]);
    std::os::unix::process::CommandExt::uid(&mut command, 65534);
    std::os::unix::process::CommandExt::gid(&mut command, 65534);
    command.env("HOME", folder.join("home"));
    let built = Built::new(&command.output().unwrap(), PathBuf::new());
    assert!(
        built
            .text
            .contains("useradd: the host of this build is not root and cannot change accounts"),
        "{}",
        built.text
    );
    assert!(built.text.contains("status 3"), "{}", built.text);
}

#[test]
fn acct_ebuilds_of_a_real_tree_work() {
    let Some(trees) = std::env::var_os("EBD_TEST_TREES") else {
        eprintln!("NOT TESTED: acct-user ebuilds of a real tree; EBD_TEST_TREES names none");
        return;
    };
    let Some(system) = system() else { return };
    let tree = Path::new(&trees).join("gentoo");
    for name in ["acct-group/sshd", "acct-user/sshd"] {
        let folder = tree.join(name);
        let source = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|end| end == "ebuild"))
            .unwrap();
        let target = format!(
            "repo/{name}/{}",
            source.file_name().unwrap().to_str().unwrap()
        );
        system
            .workshop
            .write(&target, &fs::read_to_string(&source).unwrap());
        for eclass in ["acct-user", "acct-group", "user-info"] {
            let text = fs::read_to_string(tree.join(format!("eclass/{eclass}.eclass"))).unwrap();
            system
                .workshop
                .write(&format!("repo/eclass/{eclass}.eclass"), &text);
        }
        let ebuild = system.workshop.path(&target);
        let built = merge(&system, &ebuild, &["--unprivileged-setup"]);
        assert_eq!(built.code, Some(0), "{name}: {}", built.text);
    }
    let users = read(&system, "etc/passwd");
    assert!(
        users.lines().any(|line| line.starts_with("sshd:x:22:22:")),
        "{users}"
    );
    let home = users
        .lines()
        .find(|line| line.starts_with("sshd:"))
        .and_then(|line| line.split(':').nth(5))
        .unwrap();
    assert!(system.root().join(home.trim_start_matches('/')).is_dir());
}
