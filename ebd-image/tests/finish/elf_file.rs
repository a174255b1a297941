//! Small ELF files, made byte by byte.

/// What a file has.
#[derive(Clone, Copy)]
pub struct ElfFile {
    pub kind: u16,
    pub machine: u16,
    pub soname: Option<&'static str>,
    pub needed: &'static [&'static str],
    pub runpath: Option<&'static str>,
    pub text_relocations: bool,
    pub executable_stack: bool,
    pub writable_code: bool,
    pub symbols: bool,
    pub undefined: Option<&'static str>,
    pub defined: Option<&'static str>,
    pub command_line: bool,
    pub build_id: &'static [u8],
}

pub const ET_EXEC: u16 = 2;
pub const ET_DYN: u16 = 3;

/// A library as it should be.
pub const LIBRARY: ElfFile = ElfFile {
    kind: ET_DYN,
    machine: 62,
    soname: Some("libx.so.1"),
    needed: &["libc.so.6"],
    runpath: None,
    text_relocations: false,
    executable_stack: false,
    writable_code: false,
    symbols: true,
    undefined: None,
    defined: Some("f"),
    command_line: true,
    build_id: &[0xab, 0xcd, 0xef],
};

/// A program as it should be.
pub const PROGRAM: ElfFile = ElfFile {
    kind: ET_EXEC,
    soname: None,
    ..LIBRARY
};

struct Section {
    name: &'static str,
    kind: u32,
    content: Vec<u8>,
    link: u32,
    entry: u64,
}

impl ElfFile {
    pub fn bytes(&self) -> Vec<u8> {
        let mut strings = Strings(vec![0]);
        let symbol = |strings: &mut Strings, name: &str, index: u16| {
            let mut bytes = Vec::new();
            bytes.extend(u32::try_from(strings.add(name)).unwrap().to_le_bytes());
            bytes.extend([0x10, 0]);
            bytes.extend(index.to_le_bytes());
            bytes.extend([0; 16]);
            bytes
        };
        let mut dynamic_symbols = vec![0; 24];
        dynamic_symbols.extend(
            self.undefined
                .map(|name| symbol(&mut strings, name, 0))
                .unwrap_or_default(),
        );
        dynamic_symbols.extend(
            self.defined
                .map(|name| symbol(&mut strings, name, 1))
                .unwrap_or_default(),
        );
        let mut tags: Vec<(u64, u64)> = Vec::new();
        for name in self.needed {
            tags.push((1, strings.add(name)));
        }
        tags.extend(self.soname.map(|name| (14, strings.add(name))));
        tags.extend(self.runpath.map(|path| (29, strings.add(path))));
        if self.text_relocations {
            tags.push((22, 0));
        }
        let note = [
            4_u32.to_le_bytes().as_slice(),
            &u32::try_from(self.build_id.len()).unwrap().to_le_bytes(),
            &3_u32.to_le_bytes(),
            b"GNU\0",
            self.build_id,
            &[0; 4][..(4 - self.build_id.len() % 4) % 4],
        ]
        .concat();
        // The dynamic section needs to know where the strings are: first in the file.
        let strings_at = 64 + 3 * 56;
        tags.push((5, strings_at));
        tags.push((10, strings.0.len() as u64));
        tags.push((0, 0));
        let dynamic: Vec<u8> = tags
            .iter()
            .flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat())
            .collect();
        let mut sections = vec![
            section(".dynstr", 3, strings.0, 0, 0),
            section(".dynsym", 11, dynamic_symbols, 1, 24),
            section(".dynamic", 6, dynamic, 1, 16),
            section(".note.gnu.build-id", 7, note, 0, 0),
        ];
        if self.command_line {
            sections.push(section(".GCC.command.line", 1, b"-O2\0".to_vec(), 0, 0));
        }
        if self.symbols {
            sections.push(section(".symtab", 2, vec![0; 24], 1, 24));
        }
        self.assemble(strings_at, sections)
    }

    fn assemble(&self, start: u64, mut sections: Vec<Section>) -> Vec<u8> {
        let mut names = Strings(vec![0]);
        let mut name_offsets: Vec<u64> = sections
            .iter()
            .map(|section| names.add(section.name))
            .collect();
        name_offsets.push(names.add(".shstrtab"));
        sections.push(section(".shstrtab", 3, names.0, 0, 0));
        let mut body = Vec::new();
        let mut offsets = Vec::new();
        for section in &sections {
            while body.len() % 8 != 0 {
                body.push(0);
            }
            offsets.push(start + body.len() as u64);
            body.extend(&section.content);
        }
        while body.len() % 8 != 0 {
            body.push(0);
        }
        let table = start + body.len() as u64;
        let count = u16::try_from(sections.len() + 1).unwrap();
        let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        out.extend(self.kind.to_le_bytes());
        out.extend(self.machine.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(0_u64.to_le_bytes());
        out.extend(64_u64.to_le_bytes());
        out.extend(table.to_le_bytes());
        out.extend(0_u32.to_le_bytes());
        for half in [64, 56, 3, 64, count, count - 1] {
            out.extend(half.to_le_bytes());
        }
        let dynamic = 2;
        let load_flags = if self.writable_code { 7 } else { 5 };
        let stack_flags = if self.executable_stack { 7 } else { 6 };
        let size = sections[dynamic].content.len() as u64;
        for (kind, flags, offset, size) in [
            (1, load_flags, 0, table),
            (2, 6, offsets[dynamic], size),
            (0x6474_e551, stack_flags, 0, 0),
        ] {
            out.extend(u32::to_le_bytes(kind));
            out.extend(u32::to_le_bytes(flags));
            for value in [offset, offset, offset, size, size, 8] {
                out.extend(u64::to_le_bytes(value));
            }
        }
        out.extend(body);
        out.extend([0; 64]);
        for ((section, name), offset) in sections.iter().zip(name_offsets).zip(offsets) {
            out.extend(u32::try_from(name).unwrap().to_le_bytes());
            out.extend(section.kind.to_le_bytes());
            out.extend(0_u64.to_le_bytes());
            out.extend(offset.to_le_bytes());
            out.extend(offset.to_le_bytes());
            out.extend((section.content.len() as u64).to_le_bytes());
            out.extend(section.link.to_le_bytes());
            out.extend(1_u32.to_le_bytes());
            out.extend(1_u64.to_le_bytes());
            out.extend(section.entry.to_le_bytes());
        }
        out
    }
}

fn section(name: &'static str, kind: u32, content: Vec<u8>, link: u32, entry: u64) -> Section {
    Section {
        name,
        kind,
        content,
        link,
        entry,
    }
}

/// A string table.
struct Strings(Vec<u8>);

impl Strings {
    fn add(&mut self, text: &str) -> u64 {
        let offset = self.0.len() as u64;
        self.0.extend(text.as_bytes());
        self.0.push(0);
        offset
    }
}
