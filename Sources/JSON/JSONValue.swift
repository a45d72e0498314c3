/// One JSON value; integers stay integers and objects keep the order of their members.
///
/// HarperDB's clients can see both: a time stamp must not come back as `1.69e12`, and a table
/// description lists `attribute` first. Foundation's coders promise neither, and they let a
/// duplicate member pass, which a signed manifest must not.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; always finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var boolValue: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// The value as a whole number; a number such as `3.0` counts as one.
    package var integerValue: Int? {
        switch self {
        case .integer(let whole): Int(exactly: whole)
        case .number(let real): Int(exactly: real)
        default: nil
        }
    }

    package var doubleValue: Double? {
        switch self {
        case .integer(let whole): Double(whole)
        case .number(let real): real
        default: nil
        }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The member of that name, or nil if there is none or this is no object.
    package subscript(name: String) -> JSONValue? { objectValue?[name] }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements))
    }
    package init(nilLiteral: ()) { self = .null }
}

extension JSONValue {
    package init(_ whole: Int) { self = .integer(Int64(whole)) }
    /// A value that JSON cannot express (infinite, not a number) becomes null.
    package init(_ real: Double) { self = real.isFinite ? .number(real) : .null }
}

/// The members of a JSON object, in order; a name occurs once.
///
/// Invariant: if `positions` is not nil, `positions[members[i].name] == i` for all i. Small
/// objects are searched in line, which is quicker than hashing up to about eight members.
package struct JSONObject: Sendable {
    package typealias Member = (name: String, value: JSONValue)

    package private(set) var members: [Member] = []
    private var positions: [String: Int]?

    private static let linearSearchMax = 8

    package init() {}

    /// Members in order; of two with the same name the later value wins, at the first place.
    package init(_ members: [(String, JSONValue)]) {
        self.members.reserveCapacity(members.count)
        for (name, value) in members { self[name] = value }
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var names: [String] { members.map(\.name) }

    package subscript(name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            switch (position(of: name), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil):
                members.remove(at: index)
                positions = nil
                indexIfLarge()
            case (nil, let value?):
                members.append((name, value))
                positions?[name] = members.count - 1
                indexIfLarge()
            case (nil, nil): break
            }
        }
    }

    private func position(of name: String) -> Int? {
        if let positions { return positions[name] }
        return members.firstIndex { $0.name == name }
    }

    private mutating func indexIfLarge() {
        guard positions == nil, members.count > Self.linearSearchMax else { return }
        positions = Dictionary(
            uniqueKeysWithValues: members.enumerated().map { ($0.element.name, $0.offset) })
    }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.name == $1.name && $0.value == $1.value }
    }

    package func hash(into hasher: inout Hasher) {
        for member in members {
            hasher.combine(member.name)
            hasher.combine(member.value)
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
