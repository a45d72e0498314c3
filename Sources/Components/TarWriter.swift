/// Writes a tar archive: ustar, with a pax header where a name is too long for it.
struct TarWriter {
    private(set) var bytes: [UInt8] = []

    private static let fileMode = 0o644
    private static let programMode = 0o755
    /// Two blocks of zeros (POSIX.1-2001, pax, "ustar Interchange Format").
    private static let endBlocks = 2

    mutating func addFolder(_ name: String, changed: Int) {
        add(name + "/", kind: "5", mode: Self.programMode, changed: changed)
    }

    mutating func addFile(_ name: String, _ content: [UInt8], isExecutable: Bool, changed: Int) {
        add(
            name, kind: "0", mode: isExecutable ? Self.programMode : Self.fileMode,
            changed: changed, content: content)
    }

    mutating func addLink(_ name: String, to target: String, changed: Int) {
        add(name, kind: "2", mode: Self.programMode, changed: changed, target: target)
    }

    /// The archive with its end mark.
    func finished() -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: Self.endBlocks * TarHeader.blockBytes)
    }

    private mutating func add(
        _ name: String, kind: Character, mode: Int, changed: Int, target: String = "",
        content: [UInt8] = []
    ) {
        var records: [UInt8] = []
        if name.utf8.count > TarHeader.Field.name.count { records += Self.record("path", name) }
        if target.utf8.count > TarHeader.Field.target.count {
            records += Self.record("linkpath", target)
        }
        if !records.isEmpty {
            append(
                Self.header("PaxHeader", kind: "x", Self.fileMode, changed, records.count), records)
        }
        append(Self.header(name, kind: kind, mode, changed, content.count, target: target), content)
    }

    private mutating func append(_ header: [UInt8], _ content: [UInt8]) {
        bytes += header
        bytes += content
        let excess = content.count % TarHeader.blockBytes
        if excess > 0 {
            bytes += [UInt8](repeating: 0, count: TarHeader.blockBytes - excess)
        }
    }

    private static func header(
        _ name: String, kind: Character, _ mode: Int, _ changed: Int, _ size: Int,
        target: String = ""
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarHeader.blockBytes)
        func put(_ text: some Sequence<UInt8>, _ field: Range<Int>) {
            for (index, byte) in zip(field, text) { block[index] = byte }
        }
        func put(_ number: Int, _ field: Range<Int>) {
            let digits = String(max(number, 0), radix: 8)
            let padding = String(repeating: "0", count: max(field.count - 1 - digits.count, 0))
            put((padding + digits).utf8, field.dropLast())
        }
        put(name.utf8, TarHeader.Field.name)
        put(mode, TarHeader.Field.mode)
        put(0, TarHeader.Field.user)
        put(0, TarHeader.Field.group)
        put(size, TarHeader.Field.size)
        put(changed, TarHeader.Field.changed)
        put(String(kind).utf8, TarHeader.Field.kind..<(TarHeader.Field.kind + 1))
        put(target.utf8, TarHeader.Field.target)
        put(TarHeader.magic, TarHeader.Field.magic)
        put(TarHeader.sum(block[...]), TarHeader.Field.sum)
        return block
    }

    /// A record states its own length, digits included.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let body = Array(" \(key)=\(value)\n".utf8)
        var length = body.count
        while String(length).utf8.count + body.count != length {
            length = String(length).utf8.count + body.count
        }
        return Array(String(length).utf8) + body
    }
}
