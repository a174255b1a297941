//! What the checks need to know of executables and libraries.

#![expect(
    clippy::disallowed_methods,
    reason = "what a scan found lies in directories of the image, and no process of the build is left"
)]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::read::{ReadCache, ReadRef};

use crate::error::ImageError;

/// An ELF file of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// Where, as an absolute path without D.
    pub path: PathBuf,
    /// Whether addresses have 64 bits.
    pub is_64: bool,
    /// Whether the least significant byte comes first.
    pub little_endian: bool,
    /// `e_machine`.
    pub machine: u16,
    /// `e_flags`.
    pub flags: u32,
    /// What kind of file it is.
    pub kind: ElfKind,
    /// Whether it has a dynamic section.
    pub dynamic: bool,
    /// DT_SONAME.
    pub soname: Option<String>,
    /// DT_NEEDED, in their order.
    pub needed: Vec<String>,
    /// DT_RUNPATH, or else DT_RPATH, with its place in the file.
    pub runpath: Option<RunPath>,
    /// Whether the loader has to change its code.
    pub text_relocations: bool,
    /// Whether it asks for a stack that can be executed; `None` if it does not say.
    pub executable_stack: Option<bool>,
    /// Whether it has a segment that can be both written and executed.
    pub writable_code: bool,
    /// Whether it has a symbol table, so that it has not been stripped.
    pub symbols: bool,
    /// Whether it has a table of dynamic symbols.
    pub dynamic_symbols: bool,
    /// Whether it records how it was compiled.
    pub command_line: bool,
    /// Whether the linker flag by which Gentoo knows that LDFLAGS were respected is there.
    pub ldflags_mark: bool,
    /// Whether it has undefined symbols that others must provide.
    pub undefined_symbols: bool,
    /// The build ID in hexadecimal digits.
    pub build_id: Option<String>,
}

/// A search path for libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPath {
    /// The folders, separated by colons.
    pub text: String,
    /// Where in the file the text stands.
    pub offset: u64,
}

/// The kind of an [`Elf`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElfKind {
    /// An object file or kernel module.
    Relocatable,
    /// An executable at a fixed address.
    Executable,
    /// An executable at any address.
    PieExecutable,
    /// A library.
    Library,
    /// A core dump and others.
    Other,
}

impl Elf {
    /// Reads a file; `None` if it is no ELF file or a broken one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(real: &Path, path: &Path) -> Result<Option<Self>, ImageError> {
        let cannot_read = |error| ImageError::io("read", real, error);
        let mut file = File::open(real).map_err(cannot_read)?;
        let mut ident = [0; 16];
        if file.read_exact(&mut ident).is_err() || !ident.starts_with(&elf::ELFMAG) {
            return Ok(None);
        }
        let data = ReadCache::new(file);
        Ok(match ident.get(4) {
            Some(&elf::ELFCLASS32) => parse::<FileHeader32<Endianness>, _>(&data, path),
            Some(&elf::ELFCLASS64) => parse::<FileHeader64<Endianness>, _>(&data, path),
            _ => None,
        })
    }

    /// What file(1) says, as far as settings refer to it.
    #[must_use]
    pub fn description(&self) -> String {
        let bits = if self.is_64 { "64" } else { "32" };
        let order = if self.little_endian { "LSB" } else { "MSB" };
        let kind = match self.kind {
            ElfKind::Relocatable => "relocatable",
            ElfKind::Executable => "executable",
            ElfKind::PieExecutable => "pie executable",
            ElfKind::Library => "shared object",
            ElfKind::Other => "core file",
        };
        format!("ELF {bits}-bit {order} {kind}")
    }

    /// Whether it is linked: an executable or a library.
    #[must_use]
    pub const fn is_linked(&self) -> bool {
        matches!(
            self.kind,
            ElfKind::Executable | ElfKind::PieExecutable | ElfKind::Library
        )
    }
}

/// Whether a segment has to be loaded from an address, and where it stands in the file.
struct Segment {
    address: u64,
    offset: u64,
    size: u64,
}

fn parse<'data, H, R>(data: R, path: &Path) -> Option<Elf>
where
    H: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let mut found = Elf {
        path: path.to_owned(),
        is_64: header.is_type_64(),
        little_endian: endian == Endianness::Little,
        machine: header.e_machine(endian),
        flags: header.e_flags(endian),
        kind: match header.e_type(endian) {
            elf::ET_REL => ElfKind::Relocatable,
            elf::ET_EXEC => ElfKind::Executable,
            elf::ET_DYN => ElfKind::Library,
            _ => ElfKind::Other,
        },
        dynamic: false,
        soname: None,
        needed: Vec::new(),
        runpath: None,
        text_relocations: false,
        executable_stack: None,
        writable_code: false,
        symbols: false,
        dynamic_symbols: false,
        command_line: false,
        ldflags_mark: false,
        undefined_symbols: false,
        build_id: None,
    };
    found.read_segments(header, endian, data);
    if let Ok(sections) = header.sections(endian, data) {
        found.read_sections(&sections, endian, data);
    }
    Some(found)
}

impl Elf {
    fn read_segments<'data, H, R>(&mut self, header: &H, endian: Endianness, data: R)
    where
        H: FileHeader<Endian = Endianness>,
        R: ReadRef<'data>,
    {
        let Ok(headers) = header.program_headers(endian, data) else {
            return;
        };
        let mut segments = Vec::new();
        for segment in headers {
            let flags = segment.p_flags(endian);
            let writable = flags & elf::PF_W != 0;
            let executable = flags & elf::PF_X != 0;
            match segment.p_type(endian) {
                elf::PT_LOAD => {
                    self.writable_code |= writable && executable;
                    segments.push(Segment {
                        address: segment.p_vaddr(endian).into(),
                        offset: segment.p_offset(endian).into(),
                        size: segment.p_filesz(endian).into(),
                    });
                }
                elf::PT_GNU_STACK => self.executable_stack = Some(executable),
                _ => {}
            }
        }
        for segment in headers {
            if let Ok(Some(entries)) = segment.dynamic(endian, data) {
                self.dynamic = true;
                self.read_dynamic(entries, endian, &segments, data);
            }
        }
    }

    fn read_dynamic<'data, D, R>(
        &mut self,
        entries: &[D],
        endian: Endianness,
        segments: &[Segment],
        data: R,
    ) where
        D: Dyn<Endian = Endianness>,
        R: ReadRef<'data>,
    {
        let pairs: Vec<(u64, u64)> = entries
            .iter()
            .map(|entry| (entry.d_tag(endian).into(), entry.d_val(endian).into()))
            .take_while(|(tag, _)| *tag != u64::from(elf::DT_NULL))
            .collect();
        let value = |tag: u32| {
            pairs
                .iter()
                .find(|(found, _)| *found == u64::from(tag))
                .map(|(_, value)| *value)
        };
        let strings = value(elf::DT_STRTAB).and_then(|address| {
            segments.iter().find_map(|segment| {
                let inside = address.checked_sub(segment.address)?;
                (inside < segment.size).then(|| segment.offset.checked_add(inside))?
            })
        });
        let size = value(elf::DT_STRSZ).unwrap_or(0);
        let text = |index: u64| {
            let start = strings?.checked_add(index)?;
            let end = strings?.checked_add(size)?;
            let bytes = data.read_bytes_at_until(start..end, 0).ok()?;
            Some((String::from_utf8_lossy(bytes).into_owned(), start))
        };
        for (tag, value) in &pairs {
            match u32::try_from(*tag) {
                Ok(elf::DT_NEEDED) => self.needed.extend(text(*value).map(|(text, _)| text)),
                Ok(elf::DT_SONAME) => self.soname = text(*value).map(|(text, _)| text),
                Ok(elf::DT_TEXTREL) => self.text_relocations = true,
                Ok(elf::DT_FLAGS) => {
                    self.text_relocations |= value & u64::from(elf::DF_TEXTREL) != 0;
                }
                Ok(elf::DT_FLAGS_1)
                    if value & u64::from(elf::DF_1_PIE) != 0 && self.kind == ElfKind::Library =>
                {
                    self.kind = ElfKind::PieExecutable;
                }
                _ => {}
            }
        }
        self.runpath = value(elf::DT_RUNPATH)
            .or_else(|| value(elf::DT_RPATH))
            .and_then(text)
            .map(|(text, offset)| RunPath { text, offset });
    }

    fn read_sections<'data, H, R>(
        &mut self,
        sections: &SectionTable<'data, H, R>,
        endian: Endianness,
        data: R,
    ) where
        H: FileHeader<Endian = Endianness>,
        R: ReadRef<'data>,
    {
        for section in sections.iter() {
            match section.sh_type(endian) {
                elf::SHT_SYMTAB => self.symbols = true,
                elf::SHT_DYNSYM => self.dynamic_symbols = true,
                _ => {}
            }
            if let Ok(Some(mut notes)) = section.notes(endian, data) {
                while let Ok(Some(note)) = notes.next() {
                    if note.name() == elf::ELF_NOTE_GNU
                        && note.n_type(endian) == elf::NT_GNU_BUILD_ID
                    {
                        let id = note.desc().iter().map(|byte| format!("{byte:02x}"));
                        self.build_id = Some(id.collect());
                    }
                }
            }
            self.command_line |= sections.section_name(endian, section) == Ok(b".GCC.command.line");
        }
        for table in [elf::SHT_DYNSYM, elf::SHT_SYMTAB] {
            let Ok(symbols) = sections.symbols(endian, data, table) else {
                continue;
            };
            for symbol in symbols.iter() {
                if table == elf::SHT_DYNSYM
                    && symbol.is_undefined(endian)
                    && symbol.st_bind() == elf::STB_GLOBAL
                {
                    self.undefined_symbols = true;
                }
                if !self.ldflags_mark
                    && symbols.symbol_name(endian, symbol) == Ok(b"__gentoo_check_ldflags__")
                {
                    self.ldflags_mark = true;
                }
            }
        }
    }
}
