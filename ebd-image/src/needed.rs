//! What merging has to know of libraries: the lines of `NEEDED` and `NEEDED.ELF.2`.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

use super::elf::{Elf, ElfKind};

/// The content of `NEEDED`: each ELF file and the libraries that it names.
#[must_use]
pub fn needed(files: &[Elf]) -> String {
    let mut text = String::new();
    for file in files {
        let _ = writeln!(text, "{} {}", file.path.display(), file.needed.join(","));
    }
    text
}

/// The content of `NEEDED.ELF.2`: machine, path, soname, search path, libraries, multilib category.
#[must_use]
pub fn needed_elf_2(files: &[Elf]) -> String {
    let mut text = String::new();
    for file in files {
        let _ = writeln!(
            text,
            "{};{};{};{};{};{}",
            machine_name(file.machine),
            file.path.display(),
            implicit_soname(file),
            search_path(file),
            file.needed.join(","),
            multilib_category(file).unwrap_or_default(),
        );
    }
    text
}

/// The folders that libraries are searched for in, without empty ones.
fn search_path(file: &Elf) -> String {
    let text = file.runpath.as_ref().map_or("", |path| &path.text);
    let folders: Vec<&str> = text
        .split(':')
        .filter(|folder| !folder.is_empty())
        .collect();
    folders.join(":")
}

/// The soname; a library without one is found by its file name.
#[must_use]
pub fn implicit_soname(file: &Elf) -> String {
    match (&file.soname, file.kind) {
        (Some(soname), _) => soname.clone(),
        (None, ElfKind::Library) => {
            let name = file.path.file_name().unwrap_or(OsStr::new(""));
            String::from_utf8_lossy(name.as_bytes()).into_owned()
        }
        (None, _) => String::new(),
    }
}

/// `e_machine` with its name without `EM_`, and the family of its multilib categories.
const MACHINES: &[(u16, &str, &str)] = &[
    (2, "SPARC", "sparc"),
    (3, "386", "x86"),
    (4, "68K", "m68k"),
    (8, "MIPS", "mips"),
    (15, "PARISC", "hppa"),
    (18, "SPARC32PLUS", "sparc"),
    (20, "PPC", "ppc"),
    (21, "PPC64", "ppc"),
    (22, "S390", "s390"),
    (40, "ARM", "arm"),
    (42, "SH", "sh"),
    (43, "SPARCV9", "sparc"),
    (45, "ARC", "arc"),
    (50, "IA_64", "ia64"),
    (62, "X86_64", "x86"),
    (93, "ARC_COMPACT", "arc"),
    (113, "ALTERA_NIOS2", "nios2"),
    (175, "MCST_ELBRUS", "e2k"),
    (183, "AARCH64", "arm"),
    (195, "ARC_COMPACT2", "arc"),
    (224, "AMDGPU", "amdgpu"),
    (243, "RISCV", "riscv"),
    (247, "BPF", "bpf"),
    (253, "ARC_COMPACT3_64", "arc"),
    (255, "ARC_COMPACT3", "arc"),
    (258, "LOONGARCH", "loong"),
    (0x9026, "ALPHA", "alpha"),
];

fn machine_name(machine: u16) -> String {
    MACHINES
        .iter()
        .find(|row| row.0 == machine)
        .map_or_else(|| machine.to_string(), |row| row.1.to_owned())
}

/// Which libraries can be loaded together with it: `x86_64`, `x86_32`, `mips_n32`, …
#[must_use]
pub fn multilib_category(file: &Elf) -> Option<String> {
    const X86_64: u16 = 62;
    let family = MACHINES.iter().find(|row| row.0 == file.machine)?.2;
    let suffix = match family {
        "loong" => match file.flags & 7 {
            1 => "lp64s",
            2 => "lp64f",
            3 => "lp64d",
            5 => "ilp32s",
            6 => "ilp32f",
            7 => "ilp32d",
            _ => return None,
        },
        "mips" => match file.flags & 0xf000 {
            0x1000 => "o32",
            0x2000 => "o64",
            0x3000 => "eabi32",
            0x4000 => "eabi64",
            0 if file.flags & 0x20 != 0 => "n32",
            0 if file.is_64 => "n64",
            _ => return None,
        },
        "riscv" => match (file.is_64, file.flags) {
            (true, 1) => "lp64",
            (true, 5) => "lp64d",
            (false, 1) => "ilp32",
            (false, 5) => "ilp32d",
            _ => return None,
        },
        _ if file.is_64 => "64",
        _ if file.machine == X86_64 => "x32",
        _ => "32",
    };
    Some(format!("{family}_{suffix}"))
}
