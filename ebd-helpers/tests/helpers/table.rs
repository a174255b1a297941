//! The table: EAPIs, state, call, outcome.

use ebd_pms::Eapi;

use Expect::{Ends, Fails, Installs};

pub struct Row {
    /// `0-3`, `4-9`, `8`.
    pub range: &'static str,
    /// Private variables without `__EBD_`.
    pub set: &'static [(&'static str, &'static str)],
    pub call: &'static str,
    pub expect: Expect,
}

#[derive(Clone, Copy)]
pub enum Expect {
    /// The image has exactly this.
    Installs(&'static str),
    /// It fails and says so: the build ends where helpers die, except below `nonfatal`.
    Fails(&'static str),
    /// The build ends in any case.
    Ends(&'static str),
}

impl Row {
    pub fn helper(&self) -> &str {
        let last = self.call.split(" && ").last().unwrap();
        last.split_whitespace().next().unwrap()
    }

    pub fn eapis(&self) -> Vec<Eapi> {
        let (first, last) = self
            .range
            .split_once('-')
            .unwrap_or((self.range, self.range));
        let place = |name: &str| {
            Eapi::ALL
                .iter()
                .position(|eapi| eapi.as_str() == name)
                .unwrap()
        };
        Eapi::ALL[place(first)..=place(last)].to_vec()
    }
}

const fn row(
    range: &'static str,
    set: &'static [(&'static str, &'static str)],
    call: &'static str,
    expect: Expect,
) -> Row {
    Row {
        range,
        set,
        call,
        expect,
    }
}

pub const ROWS: &[Row] = &[
    // dobin, dosbin and their new forms.
    row(
        "0-9",
        &[],
        "dobin @/file @/link",
        Installs("/usr/bin/file:755 /usr/bin/link:755"),
    ),
    row(
        "0-9",
        &[("INTO", "/")],
        "dobin @/file",
        Installs("/bin/file:755"),
    ),
    row(
        "0-9",
        &[("INTO", "opt/x/")],
        "dosbin @/script",
        Installs("/opt/x/sbin/script:755"),
    ),
    row("0-9", &[], "dobin", Fails("at least one argument needed")),
    row(
        "0-9",
        &[],
        "dobin @/nofile @/file",
        Fails("/nofile does not exist"),
    ),
    row(
        "0-9",
        &[],
        "dobin @/broken",
        Fails("/broken does not exist"),
    ),
    row("0-9", &[], "dobin @/d", Fails("/d is a directory")),
    row("0-9", &[], "dosbin", Fails("at least one argument needed")),
    row(
        "0-9",
        &[],
        "newbin @/file tool",
        Installs("/usr/bin/tool:755"),
    ),
    row(
        "5-9",
        &[],
        "newbin - tool <@/file",
        Installs("/usr/bin/tool:755"),
    ),
    row(
        "0-4",
        &[],
        "newbin - tool <@/file",
        Fails("- does not exist"),
    ),
    row("0-9", &[], "newbin @/file", Fails("two arguments needed")),
    row(
        "0-9",
        &[],
        "newbin @/file ''",
        Fails("two arguments needed"),
    ),
    row(
        "0-9",
        &[],
        "newbin @/file sub/tool",
        Fails("sub/tool is not a file name"),
    ),
    row(
        "0-9",
        &[],
        "newbin @/nofile tool",
        Fails("/nofile does not exist"),
    ),
    row(
        "0-9",
        &[],
        "newsbin @/link tool",
        Installs("/usr/sbin/tool:755"),
    ),
    row("0-9", &[], "newsbin @/d tool", Fails("/d is a directory")),
    // doexe, doinitd.
    row(
        "0-9",
        &[("EXEINTO", "/x"), ("EXEOPTIONS", "-m 0711")],
        "doexe @/file @/d @/link",
        Installs("/x/file:711 /x/link:711"),
    ),
    row("0-9", &[], "doexe", Fails("at least one argument needed")),
    row(
        "0-9",
        &[("EXEINTO", "/x")],
        "newexe @/file y",
        Installs("/x/y:755"),
    ),
    row("0-9", &[], "newexe @/file", Fails("two arguments needed")),
    row(
        "0-7",
        &[("EXEOPTIONS", "-m0700")],
        "doinitd @/file",
        Installs("/etc/init.d/file:700"),
    ),
    row(
        "8-9",
        &[("EXEOPTIONS", "-m0700")],
        "doinitd @/file",
        Installs("/etc/init.d/file:755"),
    ),
    row(
        "0-9",
        &[],
        "doinitd @/nofile",
        Fails("/nofile does not exist"),
    ),
    row(
        "5-9",
        &[],
        "newinitd - svc <@/file",
        Installs("/etc/init.d/svc:755"),
    ),
    row(
        "0-4",
        &[],
        "newinitd @/file svc",
        Installs("/etc/init.d/svc:755"),
    ),
    row(
        "0-9",
        &[],
        "newinitd @/nofile svc",
        Fails("/nofile does not exist"),
    ),
    // doins.
    row(
        "0-9",
        &[("INSINTO", "/x")],
        "doins @/file",
        Installs("/x/file:644"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x"), ("INSOPTIONS", "-m0600 -p")],
        "doins @/script",
        Installs("/x/script:600"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x"), ("INSOPTIONS", "-m u=rw,go=")],
        "doins @/script",
        Installs("/x/script:600"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x"), ("DIROPTIONS", "-m0700")],
        "doins @/file",
        Installs("/x/:700 /x/file:644"),
    ),
    row(
        "0-3",
        &[("INSINTO", "/x")],
        "doins @/link",
        Installs("/x/link:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x")],
        "doins @/link @/broken @/dlink",
        Installs("/x/broken->nowhere /x/dlink->d /x/link->file"),
    ),
    row(
        "0-3",
        &[("INSINTO", "/x")],
        "doins @/broken",
        Fails("/broken does not exist"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x"), ("DISTDIR", "@/distfiles")],
        "doins @/dist",
        Installs("/x/dist:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x"), ("DISTDIR", "@/shadow")],
        "doins @/shadow/dist",
        Installs("/x/dist:644"),
    ),
    row(
        "4-9",
        &[("DISTDIR", "@/shadow")],
        "dodoc @/shadow/dist",
        Installs("/usr/share/doc/pkg-1-r2/dist:644"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x")],
        "doins @/file @/d",
        Installs("/x/file:644"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x")],
        "doins @/d",
        Fails("/d is a directory; use -r"),
    ),
    row(
        "0-3",
        &[("INSINTO", "/x")],
        "doins -r @/d",
        Installs("/x/d/.hidden:644 /x/d/inner:644 /x/d/link:644 /x/d/sub/deep.html:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x")],
        "doins -r @/d",
        Installs("/x/d/.hidden:644 /x/d/inner:644 /x/d/link->inner /x/d/sub/deep.html:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x"), ("DIROPTIONS", "-m0700")],
        "doins -r @/d/sub/",
        Installs("/x/:700 /x/sub/:700 /x/sub/deep.html:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x")],
        "doins -r @/d/sub/.",
        Installs("/x/deep.html:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x")],
        "doins -r @/e",
        Installs("/x/e/"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x")],
        "doins -r @/dlink",
        Installs("/x/dlink->d"),
    ),
    row(
        "0-3",
        &[("INSINTO", "/x")],
        "doins -r @/dlink/sub",
        Installs("/x/sub/deep.html:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x")],
        "doins -r @/e && newins @/link e",
        Installs("/x/e->file"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x")],
        "doins -r @/e && newins @/file e",
        Fails("/x/e is a directory"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x")],
        "doins @/file && doins @/file",
        Installs("/x/file:644"),
    ),
    row("0-9", &[], "doins", Fails("at least one argument needed")),
    row(
        "0-9",
        &[],
        "doins -r",
        Fails("at least one argument needed"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x"), ("INSOPTIONS", "-m '0600")],
        "doins @/file",
        Fails("check the quotes"),
    ),
    row(
        "0-9",
        &[("INSINTO", "/x"), ("INSOPTIONS", "--no-such-option")],
        "doins @/file",
        Fails("install failed"),
    ),
    row(
        "0-3",
        &[("INSINTO", "/x")],
        "newins @/link y",
        Installs("/x/y:644"),
    ),
    row(
        "4-9",
        &[("INSINTO", "/x")],
        "newins @/link y",
        Installs("/x/y->file"),
    ),
    row(
        "5-9",
        &[("INSINTO", "/x"), ("INSOPTIONS", "-m0640")],
        "newins - y <@/file",
        Installs("/x/y:640"),
    ),
    row(
        "5-9",
        &[("INSINTO", "/x"), ("INSOPTIONS", "-m u=r")],
        "newins - y <@/file",
        Installs("/x/y:400"),
    ),
    row(
        "0-9",
        &[],
        "newins @/broken y",
        Fails("/broken does not exist"),
    ),
    // doconfd, doenvd, doheader.
    row(
        "0-7",
        &[("INSOPTIONS", "-m0600")],
        "doconfd @/file",
        Installs("/etc/conf.d/file:600"),
    ),
    row(
        "8-9",
        &[("INSOPTIONS", "-m0600")],
        "doconfd @/file",
        Installs("/etc/conf.d/file:644"),
    ),
    row("0-9", &[], "doconfd", Fails("at least one argument needed")),
    row(
        "0-7",
        &[("INSOPTIONS", "-m0600")],
        "newconfd @/file c",
        Installs("/etc/conf.d/c:600"),
    ),
    row(
        "8-9",
        &[("INSOPTIONS", "-m0600")],
        "newconfd - c <@/file",
        Installs("/etc/conf.d/c:644"),
    ),
    row("0-9", &[], "newconfd @/file", Fails("two arguments needed")),
    row(
        "0-7",
        &[("INSOPTIONS", "-m0600")],
        "doenvd @/file",
        Installs("/etc/env.d/file:600"),
    ),
    row(
        "8-9",
        &[("INSOPTIONS", "-m0600")],
        "doenvd @/file",
        Installs("/etc/env.d/file:644"),
    ),
    row(
        "0-9",
        &[],
        "doenvd @/nofile",
        Fails("/nofile does not exist"),
    ),
    row(
        "0-9",
        &[],
        "newenvd @/file 99x",
        Installs("/etc/env.d/99x:644"),
    ),
    row(
        "0-9",
        &[],
        "newenvd @/nofile 99x",
        Fails("/nofile does not exist"),
    ),
    row("0-4", &[], "doheader @/file", Ends("not supported in EAPI")),
    row(
        "0-4",
        &[],
        "newheader @/file x.h",
        Ends("not supported in EAPI"),
    ),
    row(
        "5-7",
        &[("INSOPTIONS", "-m0600")],
        "doheader -r @/d/sub",
        Installs("/usr/include/sub/deep.html:600"),
    ),
    row(
        "8-9",
        &[("INSOPTIONS", "-m0600"), ("DIROPTIONS", "-m0700")],
        "doheader -r @/d/sub",
        Installs("/usr/include/sub/deep.html:644"),
    ),
    row(
        "5-9",
        &[],
        "doheader -r",
        Fails("at least one argument needed"),
    ),
    row(
        "5-9",
        &[],
        "newheader @/file x.h",
        Installs("/usr/include/x.h:644"),
    ),
    row(
        "5-9",
        &[],
        "newheader @/file",
        Fails("two arguments needed"),
    ),
    // Libraries.
    row(
        "0-9",
        &[],
        "dolib.so @/libx.so.1 @/libx.so",
        Installs("/usr/lib64/libx.so->libx.so.1 /usr/lib64/libx.so.1:755"),
    ),
    row(
        "0-9",
        &[("INTO", "/")],
        "dolib.a @/libx.a",
        Installs("/lib64/libx.a:644"),
    ),
    row(
        "0-9",
        &[],
        "dolib.so @/broken",
        Fails("/broken does not exist"),
    ),
    row("0-9", &[], "dolib.a", Fails("at least one argument needed")),
    row(
        "0-6",
        &[("LIBOPTIONS", "-m0750")],
        "dolib @/libx.so.1",
        Installs("/usr/lib64/libx.so.1:750"),
    ),
    row("0-6", &[], "dolib", Fails("at least one argument needed")),
    row("7-9", &[], "dolib @/libx.a", Ends("banned in EAPI")),
    row(
        "0-9",
        &[],
        "newlib.so @/libx.so y.so",
        Installs("/usr/lib64/y.so:755"),
    ),
    row(
        "0-9",
        &[],
        "newlib.so @/nofile y.so",
        Fails("/nofile does not exist"),
    ),
    row(
        "0-9",
        &[],
        "newlib.a @/libx.a y.a",
        Installs("/usr/lib64/y.a:644"),
    ),
    row("0-9", &[], "newlib.a", Fails("two arguments needed")),
    // Documents.
    row(
        "0-3",
        &[("DOCINTO", "sub")],
        "dodoc @/file @/empty.1 @/link @/d",
        Installs("/usr/share/doc/pkg-1-r2/sub/file:644 /usr/share/doc/pkg-1-r2/sub/link:644"),
    ),
    row("0-3", &[], "dodoc -r @/d", Fails("-r is not supported")),
    row("0-3", &[], "dodoc", Fails("at least one argument needed")),
    row(
        "4-9",
        &[("DOCINTO", "/sub")],
        "dodoc @/empty.1",
        Installs("/usr/share/doc/pkg-1-r2/sub/empty.1:644"),
    ),
    row(
        "4-9",
        &[("DIROPTIONS", "-m0700"), ("INSOPTIONS", "-m0600")],
        "dodoc -r @/d/sub",
        Installs("/usr/share/doc/pkg-1-r2/sub/deep.html:644"),
    ),
    row("4-9", &[], "dodoc", Installs("")),
    row("4-9", &[], "dodoc @/d", Fails("/d is a directory; use -r")),
    row(
        "4-9",
        &[],
        "dodoc -r",
        Fails("at least one argument needed"),
    ),
    row(
        "0-9",
        &[],
        "newdoc @/link README",
        Installs("/usr/share/doc/pkg-1-r2/README:644"),
    ),
    row("0-9", &[], "newdoc @/file", Fails("two arguments needed")),
    row(
        "0-9",
        &[],
        "doinfo @/x.info",
        Installs("/usr/share/info/x.info:644"),
    ),
    row("0-9", &[], "doinfo", Fails("at least one argument needed")),
    row(
        "0-9",
        &[],
        "doinfo @/nofile",
        Fails("/nofile does not exist"),
    ),
    row(
        "0-1",
        &[],
        "doman @/foo.1 @/foo.de.1 @/.keep_a @/empty.1",
        Fails("'"),
    ),
    row(
        "0-1",
        &[],
        "doman @/foo.de.1",
        Installs("/usr/share/man/man1/foo.de.1:644"),
    ),
    row(
        "2-9",
        &[],
        "doman @/foo.de.1 @/foo.pt_BR.3pm",
        Installs("/usr/share/man/de/man1/foo.1:644 /usr/share/man/pt_BR/man3/foo.3pm:644"),
    ),
    row(
        "0-1",
        &[],
        "doman -i18n=fr @/foo.de.1",
        Installs("/usr/share/man/fr/man1/foo.de.1:644"),
    ),
    row(
        "2-3",
        &[],
        "doman -i18n=fr @/foo.de.1 @/foo.1",
        Installs("/usr/share/man/de/man1/foo.1:644 /usr/share/man/fr/man1/foo.1:644"),
    ),
    row(
        "4-9",
        &[],
        "doman -i18n=fr @/foo.de.1",
        Installs("/usr/share/man/fr/man1/foo.de.1:644"),
    ),
    row(
        "4-9",
        &[],
        "doman -i18n= @/foo.de.1",
        Installs("/usr/share/man/man1/foo.de.1:644"),
    ),
    row(
        "2-3",
        &[],
        "doman -i18n= @/foo.de.1",
        Installs("/usr/share/man/de/man1/foo.1:644"),
    ),
    row(
        "0-9",
        &[],
        "doman @/bar.8.gz",
        Installs("/usr/share/man/man8/bar.8.gz:644"),
    ),
    row("0-9", &[], "doman @/empty.1", Installs("")),
    row(
        "0-9",
        &[],
        "doman @/nosection.x @/foo.1",
        Fails("is probably not a man page; skipping"),
    ),
    row(
        "0-9",
        &[],
        "doman @/nofile.1",
        Fails("/nofile.1 does not exist"),
    ),
    row("0-9", &[], "doman", Fails("at least one argument needed")),
    row(
        "0-9",
        &[],
        "newman @/file bar.n",
        Installs("/usr/share/man/mann/bar.n:644"),
    ),
    row(
        "2-9",
        &[],
        "newman @/file bar.de.1",
        Installs("/usr/share/man/de/man1/bar.1:644"),
    ),
    row(
        "5-9",
        &[],
        "newman - bar.1 <@/file",
        Installs("/usr/share/man/man1/bar.1:644"),
    ),
    row(
        "0-9",
        &[],
        "newman @/file bar.txt",
        Fails("is probably not a man page; skipping"),
    ),
    row(
        "0-6",
        &[("INTO", "/opt")],
        "domo @/de.mo",
        Installs("/opt/share/locale/de/LC_MESSAGES/pkg.mo:644"),
    ),
    row(
        "7-8",
        &[("INTO", "/opt")],
        "domo @/de.mo",
        Installs("/usr/share/locale/de/LC_MESSAGES/pkg.mo:644"),
    ),
    row("0-8", &[], "domo @/nofile", Fails("/nofile does not exist")),
    row("9", &[], "domo @/de.mo", Ends("banned in EAPI 9")),
    row(
        "0-6",
        &[],
        "dohtml @/page.html @/notes.txt",
        Installs("/usr/share/doc/pkg-1-r2/html/page.html:644"),
    ),
    row(
        "0-6",
        &[("DOCINTO", "x")],
        "dohtml -A txt -p p @/page.html @/notes.txt",
        Installs(
            "/usr/share/doc/pkg-1-r2/x/p/notes.txt:644 /usr/share/doc/pkg-1-r2/x/p/page.html:644",
        ),
    ),
    row(
        "0-6",
        &[],
        "dohtml -a txt @/page.html @/notes.txt",
        Installs("/usr/share/doc/pkg-1-r2/html/notes.txt:644"),
    ),
    row(
        "0-6",
        &[],
        "dohtml -f inner -r @/d",
        Installs(
            "/usr/share/doc/pkg-1-r2/html/d/inner:644 /usr/share/doc/pkg-1-r2/html/d/sub/deep.html:644",
        ),
    ),
    row(
        "0-6",
        &[],
        "dohtml -r @/d/",
        Installs("/usr/share/doc/pkg-1-r2/html/sub/deep.html:644"),
    ),
    row(
        "0-6",
        &[],
        "dohtml -x sub,CVS -r @/d @/page.html",
        Installs("/usr/share/doc/pkg-1-r2/html/page.html:644"),
    ),
    row(
        "0-6",
        &[],
        "dohtml @/nofile @/page.html",
        Installs("/usr/share/doc/pkg-1-r2/html/page.html:644"),
    ),
    row(
        "0-6",
        &[],
        "dohtml @/nofile",
        Fails("/nofile does not exist"),
    ),
    row("0-6", &[], "dohtml @/d", Fails("failed")),
    row(
        "0-6",
        &[],
        "dohtml @/page.html -a",
        Fails("-a needs a value"),
    ),
    row("7-9", &[], "dohtml @/page.html", Ends("banned in EAPI")),
    // Folders and links.
    row("0-9", &[], "dodir /a/b c", Installs("/a/b/ /c/")),
    row(
        "0-9",
        &[("DIROPTIONS", "-m0700")],
        "dodir /a/b",
        Installs("/a/b/ /a/b/:700"),
    ),
    row(
        "0-9",
        &[("DIROPTIONS", "-m u=rwx,go=")],
        "dodir /a",
        Installs("/a/ /a/:700"),
    ),
    row("0-9", &[], "dodir", Fails("at least one argument needed")),
    row(
        "0-9",
        &[("INTO", "/")],
        "dobin @/file && dodir /bin/file/x",
        Fails("cannot create"),
    ),
    row(
        "0-9",
        &[],
        "keepdir /a b",
        Installs("/a/.keep_cat_pkg-3:644 /b/.keep_cat_pkg-3:644"),
    ),
    row(
        "0-9",
        &[("DIROPTIONS", "-m0700")],
        "keepdir /a",
        Installs("/a/.keep_cat_pkg-3:644 /a/:700"),
    ),
    row("0-9", &[], "keepdir", Fails("at least one argument needed")),
    row("0-9", &[], "dosym ../x /a/b", Installs("/a/b->../x")),
    row("0-9", &[], "dosym x a && dosym y a", Installs("/a->y")),
    row(
        "8-9",
        &[],
        "dosym -r /usr/lib/../lib64/x /usr/./bin//y",
        Installs("/usr/bin/y->../lib64/x"),
    ),
    row(
        "8-9",
        &[],
        "dosym -r /usr/bin /usr/bin/z",
        Installs("/usr/bin/z->."),
    ),
    row(
        "8-9",
        &[],
        "dosym -r x /usr/bin/z",
        Fails("-r needs an absolute target"),
    ),
    row("0-7", &[], "dosym -r /x /y", Fails("two arguments needed")),
    row("0-9", &[], "dosym x", Fails("two arguments needed")),
    row(
        "0-9",
        &[],
        "dosym x /usr/",
        Fails("the link lacks its file name"),
    ),
    row(
        "0-9",
        &[],
        "dodir /usr && dosym x /usr",
        Fails("the link lacks its file name"),
    ),
    row(
        "0-3",
        &[("INTO", "/")],
        "dobin @/file && dohard /bin/file /sbin/x",
        Installs("/bin/file:755 /sbin/x:755"),
    ),
    row("0-3", &[], "dohard /bin/file /x", Fails("does not exist")),
    row("4-9", &[], "dohard a b", Ends("banned in EAPI")),
    // Attributes.
    row(
        "0-9",
        &[("INTO", "/")],
        "dobin @/file && fperms 0640 /bin/file",
        Installs("/bin/file:640"),
    ),
    row(
        "0-9",
        &[("INTO", "/")],
        "dobin @/file && fperms -R -x bin/file",
        Installs("/bin/file:644"),
    ),
    row("0-9", &[], "fperms 0640 /nofile", Fails("chmod failed")),
    row("0-9", &[], "dodir /a && fowners 0:0 /a", Installs("/a/")),
    row(
        "0-9",
        &[],
        "fowners 0:0",
        Fails("at least one argument needed"),
    ),
    row(
        "0-9",
        &[],
        "fowners -R",
        Fails("an owner and files are needed"),
    ),
    row(
        "0-9",
        &[],
        "dodir /a && fowners nosuchuser: /a",
        Fails("there is no user"),
    ),
    row(
        "0-3",
        &[("INTO", "/")],
        "dobin @/file && dosed s:file:x: /bin/file",
        Installs("/bin/file:755"),
    ),
    row(
        "0-3",
        &[],
        "dosed s:a:b: /nofile",
        Fails("none of the files exists"),
    ),
    row(
        "0-3",
        &[],
        "dodir /a && dosed /a",
        Fails("is not a regular file"),
    ),
    row("4-9", &[], "dosed s:a:b: /x", Ends("banned in EAPI")),
];
