import JSON
import Testing

@testable import OperationsAPI

/// Roles with permissions of their own, and what they keep from whom.
@Suite struct RoleOperationsTests {
    private static let reader: JSONObject = [
        "super_user": false,
        "dev": [
            "tables": [
                "dog": [
                    "read": true, "insert": true, "update": false, "delete": false,
                    "attribute_permissions": [
                        ["attribute_name": "name", "read": true, "insert": true, "update": false],
                        ["attribute_name": "age", "read": true, "insert": false, "update": false],
                        [
                            "attribute_name": "secret", "read": false, "insert": false,
                            "update": false,
                        ],
                    ],
                ]
            ]
        ],
    ]

    /// `dev.dog` with one record, and the user `rita` who may do what the role says.
    private static func withReader(
        _ permission: JSONObject = reader
    ) throws -> (OperationsFixture, login: String) {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1, "name": "Penny", "age": 5, "secret": "bone"]])
        let role = try fixture.ask([
            "operation": "add_role", "role": "reader", "permission": .object(permission),
        ])
        #expect(role.status == 200 && role.body["id"] == "reader", "\(role)")
        try fixture.expectMessage(
            "rita successfully added",
            [
                "operation": "add_user", "role": "reader", "username": "rita", "password": "r",
                "active": true,
            ])
        return (fixture, OperationsFixture.basic("rita", "r"))
    }

    private static func search(_ attributes: JSONValue) -> JSONValue {
        [
            "operation": "search_by_hash", "schema": "dev", "table": "dog", "hash_values": [1],
            "get_attributes": attributes,
        ]
    }

    @Test func `a star means the attributes that the role may read`() throws {
        let (fixture, login) = try Self.withReader()

        let found = try fixture.ask(Self.search(["*"]), login: login)

        let names = found.body.arrayValue?.first?.objectValue?.names
        #expect(names == ["id", "name", "age"], "\(found)")
    }

    @Test(arguments: ["secret", "nothing"])
    func `an attribute without any right is reported as missing`(attribute: String) throws {
        let (fixture, login) = try Self.withReader()

        let refused = try fixture.ask(Self.search([.string(attribute)]), login: login)

        #expect(refused.status == 403)
        #expect(
            refused.body["invalid_schema_items"]
                == [.string("Attribute '\(attribute)' does not exist on 'dev.dog'")])
        #expect(refused.body["unauthorized_access"] == [])
    }

    @Test func `a hidden attribute cannot be found out by searching for its value`() throws {
        let (fixture, login) = try Self.withReader()

        for body: JSONValue in [
            [
                "operation": "search_by_value", "schema": "dev", "table": "dog",
                "search_attribute": "secret", "search_value": "b*", "get_attributes": ["id"],
            ],
            [
                "operation": "search_by_conditions", "schema": "dev", "table": "dog",
                "get_attributes": ["id"],
                "conditions": [
                    [
                        "conditions": [
                            ["attribute": "secret", "comparator": "equals", "value": "bone"]
                        ]
                    ]
                ],
            ],
            [
                "operation": "search_by_value", "schema": "dev", "table": "dog",
                "search_attribute": "id", "search_value": "*", "get_attributes": ["id"],
                "sort": ["attribute": "secret"],
            ],
        ] {
            #expect(try fixture.ask(body, login: login).status == 403, "\(body.text)")
        }
    }

    @Test func `a refused write names every permission that is missing`() throws {
        let (fixture, login) = try Self.withReader()

        let refused = try fixture.ask(
            [
                "operation": "insert", "schema": "dev", "table": "dog",
                "records": [["id": 2, "name": "Rex", "age": 3, "colour": "red"]],
            ], login: login)

        #expect(refused.status == 403)
        #expect(
            refused.body["unauthorized_access"] == [
                [
                    "schema": "dev", "table": "dog", "required_table_permissions": [],
                    "required_attribute_permissions": [
                        ["attribute_name": "age", "required_permissions": ["insert"]]
                    ],
                ]
            ], "\(refused)")
        #expect(
            refused.body["invalid_schema_items"]
                == ["Attribute 'colour' does not exist on 'dev.dog'"])
    }

    @Test func `a table permission that is missing is named alone`() throws {
        let (fixture, login) = try Self.withReader()

        let refused = try fixture.ask(
            ["operation": "delete", "schema": "dev", "table": "dog", "hash_values": [1]],
            login: login)

        #expect(
            refused.body["unauthorized_access"] == [
                [
                    "schema": "dev", "table": "dog", "required_table_permissions": ["delete"],
                    "required_attribute_permissions": [],
                ]
            ], "\(refused)")
    }

    @Test func `what is allowed is done`() throws {
        let (fixture, login) = try Self.withReader()

        let written = try fixture.ask(
            [
                "operation": "insert", "schema": "dev", "table": "dog",
                "records": [["id": 2, "name": "Rex"]],
            ], login: login)

        #expect(written.message == "inserted 1 of 1 records", "\(written)")
    }

    @Test func `nobody but super users sets the automatic times`() throws {
        let (fixture, login) = try Self.withReader()

        let refused = try fixture.ask(
            [
                "operation": "insert", "schema": "dev", "table": "dog",
                "records": [["id": 2, "name": "Rex", "__createdtime__": 1]],
            ], login: login)

        #expect(refused.status == 403)
    }

    @Test func `descriptions show what the role may see`() throws {
        let (fixture, login) = try Self.withReader()
        try fixture.expectMessage(
            "table 'dev.cat' successfully created.",
            ["operation": "create_table", "schema": "dev", "table": "cat", "hash_attribute": "id"])

        let all = try fixture.ask(["operation": "describe_all"], login: login)
        let cat = try fixture.ask(
            ["operation": "describe_table", "schema": "dev", "table": "cat"], login: login)
        let elsewhere = try fixture.ask(
            ["operation": "describe_schema", "schema": "elsewhere"], login: login)

        #expect(all.body["dev"]?.objectValue?.names == ["dog"])
        #expect(
            all.body["dev"]?["dog"]?["attributes"]?.arrayValue?.map { $0["attribute"] }
                == ["id", "name", "age"])
        #expect(cat.body["invalid_schema_items"] == ["Table 'dev.cat' does not exist"])
        #expect(elsewhere.body["invalid_schema_items"] == ["database 'elsewhere' does not exist"])
        #expect(cat.status == 403 && elsewhere.status == 403)
    }

    @Test func `a role without permissions sees nothing`() throws {
        let (fixture, login) = try Self.withReader(["super_user": false])

        #expect(try fixture.ask(["operation": "describe_all"], login: login).body == [:])
        let refused = try fixture.ask(Self.search(["*"]), login: login)
        #expect(refused.body["invalid_schema_items"] == ["database 'dev' does not exist"])
    }

    @Test func `an operation of super users is refused by HarperDB's name for it`() throws {
        let (fixture, login) = try Self.withReader()

        let refused = try fixture.ask(["operation": "list_users"], login: login)

        #expect(refused.status == 403)
        #expect(
            refused.body["unauthorized_access"]
                == ["Operation 'listUsersExternal' is restricted to 'super_user' roles"])
    }

    @Test(
        arguments: [(true, "dev", 200), (["dev"], "dev", 200), (["dev"], "other", 403)]
            as [(JSONValue, String, Int)])
    func `a structure user makes tables where it may`(
        grant: JSONValue, database: String, status: Int
    ) throws {
        let (fixture, login) = try Self.withReader(["structure_user": grant])

        let made = try fixture.ask(
            [
                "operation": "create_table", "schema": .string(database), "table": "cat",
                "hash_attribute": "id",
            ], login: login)

        #expect(made.status == status, "\(made)")
    }

    @Test func `a changed role holds from the next request on`() throws {
        let (fixture, login) = try Self.withReader()
        #expect(try fixture.ask(Self.search(["*"]), login: login).status == 200)

        let changed = try fixture.ask([
            "operation": "alter_role", "id": "reader", "permission": ["super_user": false],
        ])

        #expect(changed.status == 200)
        #expect(try fixture.ask(Self.search(["*"]), login: login).status == 403)
    }

    @Test func `the errors of a permission document come in two lists`() throws {
        let fixture = try OperationsFixture.withDogs()

        let refused = try fixture.ask([
            "operation": "add_role", "role": "bad",
            "permission": [
                "super_user": "yes", "nowhere": ["tables": [:]],
                "dev": [
                    "tables": [
                        "dog": [
                            "read": false, "insert": 1, "update": true, "colour": true,
                            "attribute_permissions": [
                                ["read": true],
                                ["attribute_name": "wings", "read": true],
                                ["attribute_name": "id", "read": true, "insert": "x"],
                            ],
                        ]
                    ]
                ],
            ],
        ])

        #expect(refused.status == 400)
        #expect(refused.error == "Errors in the role permissions JSON provided")
        #expect(
            refused.body["main_permissions"] == [
                "Value for 'super_user' permission must be a boolean",
                "database 'nowhere' does not exist",
            ])
        #expect(
            refused.body["schema_permissions"]?["dev_dog"] == [
                "Invalid table permission key value 'colour'",
                "Table INSERT permission must be a boolean",
                "Missing table DELETE permission",
                "Permission object in 'attribute_permission' missing an 'attribute_name'",
                "Invalid attribute 'wings' in 'attribute_permissions'",
                "INSERT attribute permission for 'id' must be a boolean",
                "UPDATE attribute permission missing for 'id'",
                .string(
                    "You have a conflict with TABLE permissions for 'dev.dog' being false and "
                        + "ATTRIBUTE permissions being true"),
            ], "\(refused)")
    }

    @Test func `an attribute that does not exist conflicts with nothing`() throws {
        let fixture = try OperationsFixture.withDogs()

        let refused = try fixture.ask([
            "operation": "add_role", "role": "bad",
            "permission": [
                "dev": [
                    "tables": [
                        "dog": [
                            "read": false, "insert": false, "update": false, "delete": false,
                            "attribute_permissions": [
                                [
                                    "attribute_name": "wings", "read": false, "insert": false,
                                    "update": true,
                                ]
                            ],
                        ]
                    ]
                ]
            ],
        ])

        #expect(
            refused.body["schema_permissions"]?["dev_dog"]
                == ["Invalid attribute 'wings' in 'attribute_permissions'"], "\(refused)")
    }

    @Test func `a role with users cannot be dropped, and one without can`() throws {
        let (fixture, _) = try Self.withReader()

        try fixture.expectError(
            409, "Cannot drop role reader as it has active user(s) tied to this role",
            ["operation": "drop_role", "id": "reader"])
        _ = try fixture.ask(["operation": "drop_user", "username": "rita"])
        try fixture.expectMessage(
            "reader successfully deleted", ["operation": "drop_role", "id": "reader"])
        try fixture.expectError(
            404, "Role not found", ["operation": "drop_role", "id": "reader"])
    }

    @Test func `names of roles are taken once`() throws {
        let (fixture, _) = try Self.withReader()

        try fixture.expectError(
            409, "A role with name 'reader' already exists",
            ["operation": "add_role", "role": "reader", "permission": [:]])
        try fixture.expectError(
            400, "Invalid role id", ["operation": "alter_role", "id": "nobody"])
    }

    @Test func `a role is shown with all its members when it is added, changed and listed`() throws
    {
        let fixture = try OperationsFixture()
        let added = try fixture.ask([
            "operation": "add_role", "role": "reader", "permission": ["super_user": false],
        ]).body
        let altered = try fixture.ask([
            "operation": "alter_role", "id": "reader", "permission": ["super_user": true],
        ]).body
        let listed = try fixture.ask(["operation": "list_roles"]).body.arrayValue

        for role in [added, altered] {
            #expect(
                role.objectValue.map { Set($0.names) }
                    == ["id", "role", "permission", "__createdtime__", "__updatedtime__"])
        }
        #expect(altered["permission"]?["super_user"] == true)
        #expect(listed?.first { $0["id"] == "reader" } == altered)
    }

    @Test func `an empty list of attributes leaves it to the table's permissions`() throws {
        var permission = Self.reader
        permission["dev"] = [
            "tables": [
                "dog": [
                    "read": true, "insert": false, "update": false, "delete": false,
                    "attribute_permissions": [],
                ]
            ]
        ]
        let (fixture, login) = try Self.withReader(permission)

        let found = try fixture.ask(Self.search(["secret"]), login: login)

        #expect(found.body == [["secret": "bone"]])
    }
}
