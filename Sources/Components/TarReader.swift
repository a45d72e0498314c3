/// One entry of a tar archive.
struct TarEntry: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The place of the content in the archive.
        case file(Range<Int>, isExecutable: Bool)
        case folder
        case symbolicLink(target: String)
        case hardLink(target: String)
    }

    let name: String
    let kind: Kind
}

/// Reads a tar archive entry by entry: ustar, GNU's long names, pax paths and sizes.
///
/// A pure function of bytes. Whatever a header says is compared with the bytes that are there;
/// names come out as they were written, and are nobody's path until ``ArchivePlan`` has seen them.
struct TarReader {
    /// What an extended header says about the entry that follows it.
    private struct Overrides {
        var name: String?
        var target: String?
        var size: Int?
    }

    /// A header of names or of pax records, in bytes.
    private static let extendedBytesMax = 1 << 20

    private let bytes: [UInt8]
    private let limits: ComponentLimits
    private var offset = 0
    private var headers = 0

    init(_ bytes: [UInt8], limits: ComponentLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// The next entry; nil at the end mark, without which an archive is not whole.
    ///
    /// - Throws: `.badArchive` or `.limitExceeded`; afterwards the reader is of no more use.
    mutating func next() throws(ComponentError) -> TarEntry? {
        var overrides = Overrides()
        while let header = try nextHeader() {
            let kind = header[header.startIndex + TarHeader.Field.kind]
            let size = try size(of: header, kind, overrides)
            let content = try take(size)
            switch kind {
            case UInt8(ascii: "L"): overrides.name = try Self.text(longText(content))
            case UInt8(ascii: "K"): overrides.target = try Self.text(longText(content))
            case UInt8(ascii: "x"):
                try apply(PaxRecords(longText(content)), to: &overrides)
            // Records for all entries: nothing of them matters for a project.
            case UInt8(ascii: "g"): _ = try PaxRecords(longText(content))
            default: return try entry(header, kind, content, overrides)
            }
        }
        return nil
    }

    private func field(_ range: Range<Int>, of header: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        header[(header.startIndex + range.lowerBound)..<(header.startIndex + range.upperBound)]
    }

    private mutating func nextHeader() throws(ComponentError) -> ArraySlice<UInt8>? {
        guard bytes.count - offset >= TarHeader.blockBytes else {
            throw .archive("it ends at byte \(bytes.count) without an end mark")
        }
        let header = bytes[offset..<(offset + TarHeader.blockBytes)]
        if header.allSatisfy({ $0 == 0 }) { return nil }
        guard TarHeader.number(field(TarHeader.Field.sum, of: header)) == TarHeader.sum(header)
        else { throw .archive("the header at byte \(offset) has a wrong sum") }
        headers += 1
        guard headers <= limits.entries else {
            throw .limit(headers, "entries of an archive", limits.entries)
        }
        offset += TarHeader.blockBytes
        return header
    }

    private func size(
        of header: ArraySlice<UInt8>, _ kind: UInt8, _ overrides: Overrides
    ) throws(ComponentError) -> Int {
        switch kind {
        // Links and folders have no content, whatever old writers put into the field.
        case UInt8(ascii: "1"), UInt8(ascii: "2"), UInt8(ascii: "5"): return 0
        default:
            let stated = TarHeader.number(field(TarHeader.Field.size, of: header))
            guard let size = overrides.size ?? stated else {
                throw .archive("the header before byte \(offset) has no size")
            }
            return size
        }
    }

    /// Content and the padding up to the next block.
    private mutating func take(_ size: Int) throws(ComponentError) -> Range<Int> {
        let left = bytes.count - offset
        guard size <= left else {
            throw .archive("an entry claims \(size) bytes where \(left) are left")
        }
        let content = offset..<(offset + size)
        let blocks = (size + TarHeader.blockBytes - 1) / TarHeader.blockBytes
        offset = min(offset + blocks * TarHeader.blockBytes, bytes.count)
        return content
    }

    private func longText(_ content: Range<Int>) throws(ComponentError) -> ArraySlice<UInt8> {
        guard content.count <= Self.extendedBytesMax else {
            throw .limit(content.count, "bytes of an extended header", Self.extendedBytesMax)
        }
        return bytes[content]
    }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(ComponentError) -> String {
        guard let text = String(validating: TarHeader.text(bytes), as: UTF8.self) else {
            throw .archive("a name is not UTF-8")
        }
        return text
    }

    private func apply(
        _ records: PaxRecords, to overrides: inout Overrides
    ) throws(ComponentError) {
        if records.values.keys.contains(where: { $0.hasPrefix("GNU.sparse.") }) {
            throw .archive("it holds a sparse file")
        }
        if let path = records.values["path"] { overrides.name = path }
        if let path = records.values["linkpath"] { overrides.target = path }
        if let text = records.values["size"] {
            guard let size = Int(text), size >= 0 else { throw .archive("a pax size is no number") }
            overrides.size = size
        }
    }

    private func entry(
        _ header: ArraySlice<UInt8>, _ kind: UInt8, _ content: Range<Int>, _ overrides: Overrides
    ) throws(ComponentError) -> TarEntry {
        let name: String = if let long = overrides.name { long } else { try shortName(header) }
        switch kind {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
            if name.utf8.last == UInt8(ascii: "/") { return TarEntry(name: name, kind: .folder) }
            let mode = TarHeader.number(field(TarHeader.Field.mode, of: header)) ?? 0
            return TarEntry(name: name, kind: .file(content, isExecutable: mode & 0o100 != 0))
        case UInt8(ascii: "5"): return TarEntry(name: name, kind: .folder)
        case UInt8(ascii: "1"), UInt8(ascii: "2"):
            let target: String =
                if let long = overrides.target {
                    long
                } else {
                    try Self.text(field(TarHeader.Field.target, of: header))
                }
            return TarEntry(
                name: name,
                kind: kind == UInt8(ascii: "1")
                    ? .hardLink(target: target) : .symbolicLink(target: target))
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"):
            throw .archive("it holds a device or a pipe")
        default: throw .archive("it holds an entry of the unknown kind \(kind)")
        }
    }

    private func shortName(_ header: ArraySlice<UInt8>) throws(ComponentError) -> String {
        let name = try Self.text(field(TarHeader.Field.name, of: header))
        guard
            field(TarHeader.Field.magic, of: header).prefix(6).elementsEqual(
                TarHeader.magic.prefix(6))
        else { return name }
        let prefix = try Self.text(field(TarHeader.Field.prefix, of: header))
        return prefix.isEmpty ? name : "\(prefix)/\(name)"
    }
}

/// The records of a pax header: `<length> <key>=<value>` and a line feed, length in decimal.
struct PaxRecords {
    private(set) var values: [String: String] = [:]

    /// Digits of a record's length; the header that holds it has at most a mebibyte.
    private static let lengthDigitsMax = 7

    init(_ bytes: ArraySlice<UInt8>) throws(ComponentError) {
        var rest = bytes
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard digits.count <= Self.lengthDigitsMax,
                let length = String(validating: digits, as: UTF8.self).flatMap({ Int($0) }),
                length > digits.count + 1, length <= rest.count,
                rest[rest.startIndex + length - 1] == UInt8(ascii: "\n")
            else { throw .archive("a pax record has no sound length") }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            try add(record)
            rest = rest.dropFirst(length)
        }
    }

    private mutating func add(_ record: ArraySlice<UInt8>) throws(ComponentError) {
        let key = record.prefix { $0 != UInt8(ascii: "=") }
        guard key.count < record.count, let name = String(validating: key, as: UTF8.self) else {
            throw .archive("a pax record has no key")
        }
        // Values that nobody asks for may be any bytes: extended attributes often are.
        guard ["path", "linkpath", "size"].contains(name) || name.hasPrefix("GNU.sparse.") else {
            return
        }
        guard let value = String(validating: record.dropFirst(key.count + 1), as: UTF8.self) else {
            throw .archive("a name is not UTF-8")
        }
        values[name] = value
    }
}
