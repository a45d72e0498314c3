import JSON

/// How a value is compared with what a search names.
package enum Comparator: String, Sendable, CaseIterable {
    case equals
    case notEqual = "not_equal"
    case contains
    case startsWith = "starts_with"
    case endsWith = "ends_with"
    case greaterThan = "greater_than"
    case greaterThanOrEqual = "greater_than_equal"
    case lessThan = "less_than"
    case lessThanOrEqual = "less_than_equal"
    /// An array of two, both included.
    case between
}

/// What records must meet.
package indirect enum SearchCondition: Sendable {
    case all
    case compare(attribute: String, Comparator, JSONValue)
    /// Every one of them, or at least one.
    case every([SearchCondition])
    case any([SearchCondition])
}

/// Which records are wanted, which of their attributes, and in which order.
package struct Search: Sendable {
    package struct Order: Sendable {
        package var attribute: String
        package var isDescending: Bool

        package init(attribute: String, isDescending: Bool = false) {
            self.attribute = attribute
            self.isDescending = isDescending
        }
    }

    package var table: TableName
    /// Names, or `*` for every attribute of the table.
    package var attributes: [String]
    package var condition: SearchCondition
    /// Without an order the driving attribute's value decides, then the key.
    package var order: Order?
    package var offset: Int
    /// Nil for no limit.
    package var limit: Int?

    package init(
        _ table: TableName, attributes: [String] = ["*"], condition: SearchCondition = .all,
        order: Order? = nil, offset: Int = 0, limit: Int? = nil
    ) {
        self.table = table
        self.attributes = attributes
        self.condition = condition
        self.order = order
        self.offset = offset
        self.limit = limit
    }
}

extension SearchCondition {
    /// The condition that `search_by_value` means by a text with stars at its ends.
    ///
    /// A star inside is an ordinary character; several leading stars act like one; a percent sign
    /// alone or at an end is an older spelling of the star.
    package static func wildcard(attribute: String, value: JSONValue) -> SearchCondition {
        guard case .string(let pattern) = value else {
            return .compare(attribute: attribute, .equals, value)
        }
        let isStar: (Character) -> Bool = { $0 == "*" || $0 == "%" }
        let leading = pattern.prefix(while: isStar)
        let rest = pattern.dropFirst(leading.count)
        guard !rest.isEmpty else {
            return leading.isEmpty ? .compare(attribute: attribute, .equals, value) : .all
        }
        let trailing = rest.reversed().prefix(while: isStar).count
        let middle = JSONValue.string(String(rest.dropLast(trailing)))
        switch (leading.isEmpty, trailing == 0) {
        case (true, true): return .compare(attribute: attribute, .equals, value)
        case (true, false): return .compare(attribute: attribute, .startsWith, middle)
        case (false, true): return .compare(attribute: attribute, .endsWith, middle)
        case (false, false): return .compare(attribute: attribute, .contains, middle)
        }
    }
}
