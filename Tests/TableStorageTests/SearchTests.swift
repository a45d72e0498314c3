import JSON
import Testing

@testable import TableStorage

@Suite struct SearchTests {
    private static func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.insert(
            ["id": 1, "v": "abc"], ["id": 2, "v": "ab*c"], ["id": 3, "v": "*"],
            ["id": 4, "v": "%"],
            ["id": 5, "v": "ABC"], ["id": 6, "v": 5], ["id": 7, "v": nil], ["id": 8, "v": true],
            ["id": 9, "v": "xabcx"], ["id": 10, "v": "a\u{0}bc"])
        return fixture
    }

    @Test(
        arguments: [
            ("abc", [1]), ("ab*", [2, 1]), ("*bc", [10, 1]), ("*abc*", [1, 9]), ("ab*c", [2]),
            ("***bc", [10, 1]), ("%bc%", [10, 1, 9]), (true, [8]), ("true", []), (5, [6]),
            ("*\u{0}bc", [10]), ("' OR 1=1 --", []), ("*'*", []),
        ] as [(JSONValue, [JSONValue])])
    func `stars at the ends are wild and nothing else is`(
        value: JSONValue, keys: [JSONValue]
    ) throws {
        #expect(
            try Self.fixture().keys(.wildcard(attribute: "v", value: value)) == keys)
    }

    @Test(arguments: ["*", "**", "%", "*%"])
    func `stars alone find every record`(value: String) throws {
        let condition = SearchCondition.wildcard(attribute: "v", value: .string(value))

        #expect(try Self.fixture().keys(condition).count == 10)
    }

    @Test func `an empty group of all finds everything and one of any nothing`() throws {
        let fixture = try Self.fixture()

        #expect(try fixture.keys(.every([])).count == 10)
        #expect(try fixture.keys(.any([])).isEmpty)
    }

    @Test func `conditions are counted and measured`() throws {
        let fixture = try Self.fixture()
        let one = SearchCondition.compare(attribute: "v", .notEqual, "abc")
        let most = SearchCondition.every(
            Array(repeating: one, count: TableLimits.conditionsMax - 1))
        let more = SearchCondition.any(Array(repeating: one, count: TableLimits.conditionsMax))
        let deep = (0...TableLimits.conditionDepthMax).reduce(one) { inner, _ in .every([inner]) }

        #expect(try fixture.keys(most).count == 9)
        for condition in [more, deep] {
            let error = #expect(throws: TableStorageError.self) { try fixture.keys(condition) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test(arguments: [nil, true, [1], ["a": 1]] as [JSONValue])
    func `a range is bounded by numbers or text`(bound: JSONValue) throws {
        let fixture = try Self.fixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.keys(.compare(attribute: "v", .lessThan, bound))
        }

        #expect(error?.code == .invalidSearch)
    }

    @Test(arguments: [[], [1], [1, 2, 3], 1, nil] as [JSONValue])
    func `between takes two bounds`(bounds: JSONValue) throws {
        let fixture = try Self.fixture()

        let error = #expect(throws: TableStorageError.self) {
            try fixture.keys(.compare(attribute: "v", .between, bounds))
        }

        #expect(error?.code == .invalidSearch)
    }
}
