import JSON
import Testing

@testable import OperationsAPI

@Suite struct SearchOperationsTests {
    private static func kennel() throws -> OperationsFixture {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([
            ["id": 1, "name": "Penny", "age": 5, "town": "Denver, NC"],
            ["id": 2, "name": "Harper", "age": 5, "town": "Denver, CO"],
            ["id": 3, "name": "Alby", "age": 3, "town": "Oslo"],
            ["id": 4, "name": "Billy", "age": 7, "town": "Denver, CO"],
            ["id": 5, "name": "Rose", "age": nil, "town": ""],
            ["id": 6, "name": "5", "age": "5", "town": " "],
        ])
        return fixture
    }

    private static func keys(
        _ fixture: OperationsFixture, _ operation: String, _ members: JSONObject
    ) throws -> [JSONValue] {
        var body = members
        body["operation"] = .string(operation)
        body["schema"] = "dev"
        body["table"] = "dog"
        body["get_attributes"] = ["id"]
        let answer = try fixture.ask(.object(body))
        #expect(answer.status == 200, "\(answer)")
        return try #require(answer.body.arrayValue).compactMap { $0["id"] }
    }

    @Test(arguments: ["search_by_hash", "search_by_id"], ["hash_values", "ids"])
    func `records come in the order of their keys in the request`(
        operation: String, member: String
    ) throws {
        let fixture = try Self.kennel()

        try fixture.expectAnswer(
            [["name": "Alby"], ["name": "Penny"]],
            .object([
                "operation": .string(operation), "schema": "dev", "table": "dog",
                member: [3, 99, 1], "get_attributes": ["name"],
            ]))
    }

    @Test func `a star gives every attribute, null where there is none`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny"], ["id": 2]])

        let records = try fixture.ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": [2],
            "get_attributes": ["*"],
        ]).body

        let record = try #require(records.arrayValue?.first?.objectValue)
        #expect(record.names == ["id", "__createdtime__", "__updatedtime__", "name"])
        #expect(record["name"] == .null)
    }

    @Test func `lists that are none answer 500, which the suites pin`() throws {
        let fixture = try Self.kennel()

        try fixture.expectError(
            500, "'hash_values' must be an array",
            ["operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": 1])
        for attributes in ["name", "*"] as [JSONValue] {
            try fixture.expectError(
                500, "'get_attributes' must be an array",
                [
                    "operation": "search_by_hash", "schema": "dev", "table": "dog",
                    "hash_values": [1], "get_attributes": attributes,
                ])
        }
    }

    @Test(
        arguments: [
            ("Penny", [1]), ("penny", []), ("P*", [1]), ("*y", [3, 4, 1]), ("*e*", [2, 1, 5]),
            ("**e*", [2, 1, 5]), ("%e%", [2, 1, 5]), ("P*y", []), ("*", [6, 3, 4, 2, 1, 5]),
        ] as [(JSONValue, [JSONValue])])
    func `a value may have stars at its ends`(value: JSONValue, keys: [JSONValue]) throws {
        let fixture = try Self.kennel()

        #expect(
            try Self.keys(
                fixture, "search_by_value", ["search_attribute": "name", "search_value": value])
                == keys)
    }

    @Test(
        arguments: [(5, [1, 2]), ("5", [6]), (nil, [5])] as [(JSONValue, [JSONValue])])
    func `equality knows the types`(value: JSONValue, keys: [JSONValue]) throws {
        let fixture = try Self.kennel()

        #expect(
            try Self.keys(fixture, "search_by_value", ["attribute": "age", "value": value])
                == keys)
    }

    @Test(arguments: [("", [5]), (" ", [6])] as [(JSONValue, [JSONValue])])
    func `empty text and a space are values`(value: JSONValue, keys: [JSONValue]) throws {
        let fixture = try Self.kennel()

        #expect(
            try Self.keys(fixture, "search_by_value", ["attribute": "town", "value": value])
                == keys)
    }

    @Test(arguments: ["reverse", "desc"])
    func `a star on the key gives all in the order of keys, or in reverse`(member: String) throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": "b"], ["id": 10], ["id": 9], ["id": "a"]])
        let all: JSONObject = ["search_attribute": "id", "search_value": "*"]
        var reversed = all
        reversed[member] = true

        #expect(try Self.keys(fixture, "search_by_value", all) == [9, 10, "a", "b"])
        #expect(try Self.keys(fixture, "search_by_value", reversed) == ["b", "a", 10, 9])
    }

    @Test func `limit and offset cut the answer and zero means no limit`() throws {
        let fixture = try Self.kennel()
        let all: JSONObject = ["search_attribute": "id", "search_value": "*"]
        var part = all
        part["limit"] = 2
        part["offset"] = 1
        var whole = all
        whole["limit"] = 0

        #expect(try Self.keys(fixture, "search_by_value", part) == [2, 3])
        #expect(try Self.keys(fixture, "search_by_value", whole).count == 6)
    }

    @Test func `an unknown attribute is named`() throws {
        let fixture = try Self.kennel()

        let answer = try fixture.ask([
            "operation": "search_by_value", "schema": "dev", "table": "dog",
            "search_attribute": "colour", "search_value": "red", "get_attributes": ["*"],
        ])

        #expect(answer.status == 404)
        #expect(answer.error == "unknown attribute 'colour'")
    }

    @Test(
        arguments: [
            ("equals", 5, [1, 2]), ("not_equal", 5, [5, 3, 4, 6]), ("greater_than", 5, [4]),
            ("greater_than_equal", 5, [1, 2, 4]), ("less_than", 5, [3]),
            ("less_than_equal", 5, [3, 1, 2]), ("between", [3, 5], [3, 1, 2]),
            ("less_than", "6", [6]),
        ] as [(JSONValue, JSONValue, [JSONValue])])
    func `numbers are compared, and null falls into no range`(
        type: JSONValue, value: JSONValue, keys: [JSONValue]
    ) throws {
        let fixture = try Self.kennel()

        #expect(
            try Self.keys(
                fixture, "search_by_conditions",
                [
                    "conditions": [
                        ["search_attribute": "age", "search_type": type, "search_value": value]
                    ]
                ]) == keys)
    }

    @Test(
        arguments: [
            ("contains", ", C", [2, 4]), ("starts_with", "Denver", [2, 4, 1]),
            ("ends_with", "CO", [2, 4]), ("ends_with", "", [5, 6, 2, 4, 1, 3]),
            ("starts_with", "", [5, 6, 2, 4, 1, 3]), ("contains", "", [5, 6, 2, 4, 1, 3]),
        ] as [(JSONValue, JSONValue, [JSONValue])])
    func `text is searched, in the order of value and key`(
        type: JSONValue, value: JSONValue, keys: [JSONValue]
    ) throws {
        let fixture = try Self.kennel()

        #expect(
            try Self.keys(
                fixture, "search_by_conditions",
                ["conditions": [["attribute": "town", "comparator": type, "value": value]]])
                == keys)
    }

    @Test func `conditions nest, are sorted and cut`() throws {
        let fixture = try Self.kennel()
        let conditions: JSONValue = [
            ["search_attribute": "town", "search_type": "starts_with", "search_value": "Denver"],
            [
                "operator": "OR",
                "conditions": [
                    ["search_attribute": "age", "search_type": "equals", "search_value": 7],
                    ["search_attribute": "name", "search_type": "equals", "search_value": "Penny"],
                ],
            ],
        ]
        let sort: JSONValue = ["attribute": "age", "descending": true]

        #expect(
            try Self.keys(
                fixture, "search_by_conditions",
                ["operator": "AND", "conditions": conditions, "sort": sort]) == [4, 1])
        #expect(
            try Self.keys(
                fixture, "search_by_conditions",
                ["conditions": conditions, "sort": sort, "limit": 1, "offset": 1]) == [1])
    }

    @Test(arguments: [900, 1_000, 1_001])
    func `many conditions are answered or refused, never failed`(count: Int) throws {
        let fixture = try Self.kennel()
        let condition: JSONValue = [
            "search_attribute": "name", "search_type": "starts_with", "search_value": "P",
        ]

        // The group around them counts as one too.
        let answer = try fixture.ask([
            "operation": "search_by_conditions", "schema": "dev", "table": "dog",
            "get_attributes": ["id"],
            "conditions": .array(Array(repeating: condition, count: count - 1)),
        ])

        #expect(answer.status == (count <= 1_000 ? 200 : 400), "\(answer)")
    }

    @Test func `a name asked for thousands of times is given once`() throws {
        let fixture = try Self.kennel()

        let answer = try fixture.ask([
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": [1],
            "get_attributes": .array(Array(repeating: "name", count: 3_000)),
        ])

        #expect(answer.body == [["name": "Penny"]])
    }

    @Test(arguments: ["search_by_hash", "search_by_value", "search_by_conditions"])
    func `what does not exist is not found`(operation: String) throws {
        let fixture = try OperationsFixture.withDogs()
        let body: JSONObject = [
            "operation": .string(operation), "schema": "cats", "table": "dog",
            "hash_values": [1], "search_attribute": "id", "search_value": 1, "conditions": [],
        ]
        var table = body
        table["schema"] = "dev"
        table["table"] = "cat"

        try fixture.expectError(404, "database 'cats' does not exist", .object(body))
        try fixture.expectError(404, "Table 'dev.cat' does not exist", .object(table))
    }

    @Test func `the next request sees what a write answered`() throws {
        let fixture = try OperationsFixture.withDogs()
        for key in 1...20 {
            try fixture.insertDogs([["id": .integer(Int64(key))]])
            #expect(
                try Self.keys(
                    fixture, "search_by_value", ["search_attribute": "id", "search_value": "*"]
                ).count == key)
        }
    }

    @Test func `a star finds text only, so that zeros of keys are text too`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 0], ["id": "011"], ["id": "00011"], ["id": 25]])

        #expect(
            try Self.keys(
                fixture, "search_by_value", ["search_attribute": "id", "search_value": "0*"])
                == ["00011", "011"])
    }

    @Test func `a search by value is sorted by what it names`() throws {
        let fixture = try Self.kennel()

        #expect(
            try Self.keys(
                fixture, "search_by_value",
                [
                    "search_attribute": "town", "search_value": "Denver*",
                    "sort": ["attribute": "name", "descending": true],
                ]) == [1, 2, 4])
    }

    @Test func `eleven dogs come in the order of towns and then of keys`() throws {
        let fixture = try OperationsFixture.withDogs()
        let towns = [
            "Denver, NC", "Denver, CO", "Portland", "Portland", "Denver, CO", nil, "Denver, CO",
            "Denver, NC", "Oslo", "Oslo", "Denver, CO",
        ]
        try fixture.insertDogs(
            towns.enumerated().map { index, town in
                ["id": JSONValue(index + 1), "town": town.map(JSONValue.string) ?? .null]
            })

        #expect(
            try Self.keys(
                fixture, "search_by_conditions",
                [
                    "conditions": [
                        [
                            "search_attribute": "town", "search_type": "starts_with",
                            "search_value": "Denver",
                        ]
                    ]
                ]) == [2, 5, 7, 11, 1, 8])
    }

    @Test func `what old clients send with every request is ignored`() throws {
        let fixture = try Self.kennel()

        #expect(
            try Self.keys(
                fixture, "search_by_value",
                [
                    "search_attribute": "id", "search_value": "*", "hash_attribute": "wrong",
                    "company": "", "format": "", "from": "", "key": "", "limit": 0, "order": "",
                    "path": "", "port": 0, "s3": [:], "search_operation": [:], "start": "",
                    "until": "", "date": "0001-01-01T00:00:00Z", "transact_to_cluster": false,
                ]
            ).count == 6)
    }

    @Test func `old and new names may be mixed in one request`() throws {
        let fixture = try Self.kennel()

        try fixture.expectAnswer(
            [["id": 3]],
            [
                "operation": "search_by_value", "database": "dev", "table": "dog",
                "search_attribute": "name", "value": "Alby", "get_attributes": ["id"],
            ])
        try fixture.expectAnswer(
            [["id": 3]],
            [
                "operation": "search_by_conditions", "schema": "dev", "table": "dog",
                "get_attributes": ["id"],
                "conditions": [
                    ["attribute": "name", "search_type": "equals", "value": "Alby"]
                ],
            ])
    }
}
