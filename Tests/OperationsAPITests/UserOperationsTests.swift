import Foundation
import JSON
import Testing

@testable import OperationsAPI

@Suite struct UserOperationsTests {
    private static func add(_ name: String, role: String = "super_user") -> JSONValue {
        [
            "operation": "add_user", "username": .string(name), "password": "pass",
            "role": .string(role), "active": true,
        ]
    }

    @Test func `a user is added once`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage("rose successfully added", Self.add("rose"))

        try fixture.expectError(409, "User rose already exists", Self.add("rose"))
        try fixture.expectError(404, "poet role not found", Self.add("alby", role: "poet"))
        try fixture.expectError(400, "Role is invalid", Self.add("alby", role: "a poet"))
    }

    @Test func `a user whose new role is missing keeps the old one`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            404, "Update failed.  Requested 'poet' role not found.",
            ["operation": "alter_user", "username": "admin", "role": "poet"])

        let own = try fixture.ask(["operation": "user_info"])
        #expect(own.body["role"]?["id"] == "super_user")
    }

    @Test func `a role whose name has a space can be given too`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask([
            "operation": "add_role", "role": "a poet", "permission": ["super_user": false],
        ])

        try fixture.expectMessage("alby successfully added", Self.add("alby", role: "a poet"))
    }

    @Test(arguments: ["a:b", String(repeating: "n", count: 251), "a\nb"])
    func `a name that no login can carry is refused`(name: String) throws {
        let fixture = try OperationsFixture()

        #expect(try fixture.ask(Self.add(name)).status == 400)
    }

    @Test func `nobody sees a password, not even hashed`() throws {
        let fixture = try OperationsFixture()

        let list = try fixture.ask(["operation": "list_users"])
        let own = try fixture.ask(["operation": "user_info", "username": "somebody"])

        #expect(
            own.body.objectValue?.names == [
                "username", "role", "active", "__createdtime__", "__updatedtime__",
            ])
        #expect(own.body["username"] == "admin")
        #expect(own.body["role"]?["permission"]?["super_user"] == true)
        #expect(list.body == [own.body])
    }

    @Test func `roles are listed`() throws {
        let fixture = try OperationsFixture()

        let roles = try fixture.ask(["operation": "list_roles"]).body.arrayValue

        #expect(roles?.compactMap { $0["id"] } == ["cluster_user", "super_user"])
    }

    @Test func `a changed password holds from the next request on`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(Self.add("rose"))
        let (before, after) = (
            OperationsFixture.basic("rose", "pass"), OperationsFixture.basic("rose", "word")
        )
        #expect(try fixture.ask(["operation": "user_info"], login: before).status == 200)

        try fixture.expectAnswer(
            [
                "message": "updated 1 of 1 records", "update_hashes": ["rose"],
                "skipped_hashes": [],
            ], ["operation": "alter_user", "username": "rose", "password": "word"])

        #expect(try fixture.ask(["operation": "user_info"], login: before).status == 401)
        #expect(try fixture.ask(["operation": "user_info"], login: after).status == 200)
    }

    @Test func `two mistakes answer 500, which the suites pin`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            500, "If role is specified, it cannot be empty.",
            ["operation": "alter_user", "username": "admin", "role": ""])
        try fixture.expectError(
            500, "nothing to update, must supply active, role or password to update",
            ["operation": "alter_user", "username": "admin"])
    }

    @Test func `a dropped user is gone at once`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(Self.add("rose"))
        let login = OperationsFixture.basic("rose", "pass")
        #expect(try fixture.ask(["operation": "user_info"], login: login).status == 200)
        let drop: JSONValue = ["operation": "drop_user", "username": "rose"]

        try fixture.expectMessage("rose successfully deleted", drop)

        try fixture.expectError(404, "User rose does not exist", drop)
        #expect(try fixture.ask(["operation": "user_info"], login: login).error == "Login failed")
    }

    @Test func `a lesser role is told what it may not do`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(Self.add("edge", role: "cluster_user"))
        let login = OperationsFixture.basic("edge", "pass")

        let answer = try fixture.ask(
            ["operation": "list_users", "bypass_auth": true], login: login)

        #expect(
            answer
                == OperationsFixture.Answer(
                    status: 403,
                    body: [
                        "error": .string(
                            "This operation is not authorized due to role restrictions "
                                + "and/or invalid database items"),
                        "unauthorized_access": [
                            "Operation 'listUsersExternal' is restricted to 'super_user' roles"
                        ], "invalid_schema_items": [],
                    ]))
    }

    @Test(arguments: ["user_info", "get_job"])
    func `a lesser role may ask who it is and how a job goes`(operation: String) throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(Self.add("edge", role: "cluster_user"))

        let answer = try fixture.ask(
            ["operation": .string(operation), "id": "x"],
            login: OperationsFixture.basic("edge", "pass"))

        #expect(answer.status == 200)
    }

    @Test func `a lesser role changes nothing through any operation`() throws {
        let fixture = try OperationsFixture.withDogs()
        _ = try fixture.ask(Self.add("edge", role: "cluster_user"))
        let before = try fixture.everything()
        // What every role may ask: who it is, how a job goes, and which tables it sees (none).
        let harmless = ["describe_all"]

        for operation in fixture.api.table.operations {
            if case .everyRole = operation.access { continue }
            if case .nobody = operation.access { continue }
            for name in operation.names where !harmless.contains(name) {
                var body = HostileRequestTests.sound(name)
                if name == "sql" { body["sql"] = "SELECT * FROM dev.dog" }
                let answer = try fixture.ask(
                    .object(body), login: OperationsFixture.basic("edge", "pass"))
                #expect(answer.status == 403, "\(name): \(answer)")
            }
        }

        #expect(try fixture.everything() == before)
    }

    @Test func `a user's role is given by its name or its id`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "add_role", "role": "reader", "permission": [:]])
        let renamed = try fixture.ask([
            "operation": "alter_role", "id": "reader", "role": "librarian",
        ])
        #expect(renamed.body["id"] == "reader" && renamed.body["role"] == "librarian")

        try fixture.expectMessage("rose successfully added", Self.add("rose", role: "librarian"))
        try fixture.expectMessage("alby successfully added", Self.add("alby", role: "reader"))

        let users = try fixture.ask(["operation": "list_users"]).body.arrayValue
        #expect(users?.compactMap { $0["role"]?["role"] }.count { $0 == "librarian" } == 2)
    }

    @Test func `a user gets another role and is put to rest`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(Self.add("rose", role: "cluster_user"))

        let altered = try fixture.ask([
            "operation": "alter_user", "username": "rose", "role": "super_user",
            "active": false,
        ])

        #expect(altered.message == "updated 1 of 1 records")
        let rose = try fixture.ask(["operation": "list_users"]).body.arrayValue?
            .first { $0["username"] == "rose" }
        #expect(rose?["role"]?["role"] == "super_user")
        #expect(rose?["active"] == false)
    }

    @Test func `missing members of a user are named together`() throws {
        try OperationsFixture().expectError(
            400,
            "'role' is required. 'username' is required. 'password' is required. "
                + "'active' is required", ["operation": "add_user"])
    }
}

@Suite struct AuthenticationTests {
    @Test(
        arguments: [
            (nil, "Must login"), ("Basic Og==", "Must login"), ("Basic", "Login failed"),
            ("Basic !!!", "Login failed"), ("Digest x", "Login failed"), ("", "Login failed"),
            ("Bearer abc", "invalid token"), ("bearer", "invalid token"),
            (OperationsFixture.basic("admin", "wrong"), "Login failed"),
            (OperationsFixture.basic("nobody", "secret"), "Login failed"),
            (OperationsFixture.basic("admin", ""), "Login failed"),
            (OperationsFixture.basic("", "secret"), "Login failed"),
            (OperationsFixture.basic("admin' OR '1'='1", "x"), "Login failed"),
            (
                OperationsFixture.basic("admin", String(repeating: "x", count: 100_000)),
                "Login failed"
            ),
            ("Basic YWRtaW4=", "Login failed"), ("Basic //79", "Login failed"),
        ] as [(String?, String)])
    func `a wrong login is refused in the known words`(login: String?, error: String) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask(["operation": "describe_all"], login: login)

        #expect(
            answer
                == OperationsFixture.Answer(
                    status: 401, body: ["error": .string(error)], challenge: "Basic"))
    }

    @Test(arguments: ["basic", "BASIC", "Basic"])
    func `the scheme is read in any case`(scheme: String) throws {
        let fixture = try OperationsFixture()
        let login = scheme + OperationsFixture.admin.dropFirst("Basic".count)

        #expect(try fixture.ask(["operation": "describe_all"], login: login).status == 200)
    }

    @Test func `an inactive user is told so`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask([
            "operation": "add_user", "username": "rose", "password": "a:b", "role": "super_user",
            "active": false,
        ])

        let answer = try fixture.ask(
            ["operation": "describe_all"], login: OperationsFixture.basic("rose", "a:b"))

        #expect(answer.status == 401)
        #expect(answer.error == "Cannot complete request: User is inactive")
        #expect(answer.challenge == "Basic")
    }

    @Test(arguments: ["not JSON", "[", "{}", "{\"operation\":\"describe_all\"}"])
    func `nothing is read from whom nobody knows`(body: String) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask(bytes: Array(body.utf8), login: nil)

        #expect(answer.error == "Must login")
    }
}
