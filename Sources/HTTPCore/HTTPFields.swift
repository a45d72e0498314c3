/// The header fields of a message, in the order in which they stood.
///
/// Names compare without regard to case (RFC 9110, section 5.1). Messages have few fields, so a
/// list that is searched is quicker than a dictionary.
package struct HTTPFields: Sendable, Hashable {
    /// One name with one value.
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String

        /// No character in it ends its line or lets it become two fields.
        var isSendable: Bool {
            !name.isEmpty && name.utf8.allSatisfy(\.isTokenByte)
                && value.utf8.allSatisfy(\.isFieldValueByte)
        }
    }

    package private(set) var all: [Field] = []

    package init() {}

    /// The first value of that name.
    package subscript(name: String) -> String? {
        get { all.first { Self.equal($0.name, name) }?.value }
        set {
            all.removeAll { Self.equal($0.name, name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// All values of that name, in the order in which they stood.
    package func values(of name: String) -> [String] {
        all.lazy.filter { Self.equal($0.name, name) }.map(\.value)
    }

    /// Adds a field behind the others, whether or not the name is there already.
    package mutating func append(_ name: String, _ value: String) {
        all.append(Field(name: name, value: value))
    }

    /// Whether a comma-separated field of that name has that member, in any case.
    package func list(_ name: String, contains member: String) -> Bool {
        values(of: name).contains { value in
            value.equalsIgnoringCase(member)
                || value.listMembers.contains { $0.equalsIgnoringCase(member) }
        }
    }

    /// Makes a comma-separated field of that name have that member, in one line with the others.
    package mutating func add(_ member: String, toList name: String) {
        guard let value = joined(name) else { return append(name, member) }
        if !list(name, contains: member) { self[name] = "\(value), \(member)" }
    }

    /// All values of that name as one (RFC 9110, section 5.3), nil if there is none.
    package func joined(_ name: String) -> String? {
        let values = values(of: name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The type of the body in lower case, without its parameters.
    package var mediaType: String? {
        guard let field = self["Content-Type"] else { return nil }
        let type = field.utf8.prefix { $0 != UInt8(ascii: ";") }.map(Self.lowercased)
        return String(decoding: type.trimmingBlanks(), as: UTF8.self)
    }

    private static func equal(_ left: String, _ right: String) -> Bool {
        left.equalsIgnoringCase(right)
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension HTTPFields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }
}
