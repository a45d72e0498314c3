/// The rules for names, and their safe way into SQL.
enum Names {
    /// The attributes that every table has beside its key, in milliseconds since 1970.
    static let createdTime = "__createdtime__"
    static let updatedTime = "__updatedtime__"
    /// Tables of ours inside a database's file.
    static let reservedPrefixes = ["sqlite_", "ledge_", "index:"]

    /// Checks the name of a database or a table.
    static func check(_ name: String, kind: String) throws(TableStorageError) {
        guard !name.isEmpty, name.count <= TableLimits.nameCharactersMax else {
            throw TableStorageError(
                .invalidName,
                "a \(kind) name has 1 to \(TableLimits.nameCharactersMax) characters")
        }
        let isPrintable = name.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        guard isPrintable, !hasForbiddenByte(name) else {
            throw TableStorageError(
                .invalidName,
                "\(kind) names cannot include backticks or forward slashes, "
                    + "and consist of printable ASCII characters")
        }
    }

    static func checkAttribute(_ name: String) throws(TableStorageError) {
        guard name.utf8.count <= TableLimits.attributeNameBytesMax else {
            throw TableStorageError(
                .invalidName,
                "transaction aborted due to attribute name \(name) being too long. "
                    + "Attribute names cannot be longer than "
                    + "\(TableLimits.attributeNameBytesMax) bytes.")
        }
        guard !name.isEmpty, !hasForbiddenByte(name) else {
            throw TableStorageError(
                .invalidName, "Attribute names cannot include backticks or forward slashes")
        }
    }

    /// Checks the name of a key, which takes the place of no automatic attribute.
    static func checkKey(_ name: String) throws(TableStorageError) {
        try checkAttribute(name)
        guard name != createdTime, name != updatedTime else {
            throw TableStorageError(.invalidName, "the attribute \(name) cannot be the key")
        }
    }

    /// Whether SQLite has a database of its own by this name, which hides one of ours.
    static func isTakenBySQLite(_ database: String) -> Bool {
        ["main", "temp"].contains(database.lowercased())
    }

    private static func hasForbiddenByte(_ name: String) -> Bool {
        name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "`") || $0 == 0 }
    }

    /// An identifier in SQL; nothing in it but the quote has a meaning.
    ///
    /// Goes by scalars: a quote and an accent behind it are one character to Swift and not the
    /// quote, but two to SQLite.
    static func quoted(_ identifier: String) -> String {
        var quoted = "\""
        for scalar in identifier.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// A name that no name of `taken` equals in SQLite's eyes, which ignore the case of letters.
    static func physical(_ name: String, taken: some Sequence<String>) -> String {
        let taken = Set(taken.map { $0.lowercased() })
        let lowered = name.lowercased()
        let isReserved = reservedPrefixes.contains { lowered.hasPrefix($0) }
        guard isReserved || taken.contains(lowered) else { return name }
        var number = 2
        while taken.contains("~\(number)~\(lowered)") { number += 1 }
        return "~\(number)~\(name)"
    }
}
