import Foundation
import HTTPCore
import JSON
import Synchronization
import TestSupport
import Testing

@testable import OperationsAPI
@testable import TableStorage

/// Logging in once and going on with tokens.
@Suite struct TokenOperationsTests {
    private static func tokens(
        _ fixture: OperationsFixture, _ more: JSONObject = [:]
    ) throws -> (operation: String, refresh: String) {
        var body: JSONObject = [
            "operation": "create_authentication_tokens", "username": "admin",
            "password": "secret",
        ]
        for member in more.members { body[member.name] = member.value }
        let answer = try fixture.ask(.object(body), login: nil)
        return (
            try #require(answer.body["operation_token"]?.stringValue, "\(answer)"),
            try #require(answer.body["refresh_token"]?.stringValue)
        )
    }

    private static let whoAmI: JSONValue = ["operation": "user_info"]

    @Test func `a token lets in`() throws {
        let fixture = try OperationsFixture()
        let token = try Self.tokens(fixture).operation

        let answer = try fixture.ask(Self.whoAmI, login: "Bearer \(token)")

        #expect(answer.body["username"] == "admin", "\(answer)")
    }

    @Test func `who is logged in needs no name and password`() throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask(["operation": "create_authentication_tokens"])

        #expect(answer.status == 200 && answer.body["refresh_token"] != nil)
    }

    @Test func `a refresh token gives operation tokens and nothing else`() throws {
        let fixture = try OperationsFixture()
        let token = try Self.tokens(fixture).refresh

        let fresh = try fixture.ask(
            ["operation": "refresh_operation_token"], login: "Bearer \(token)")
        let misused = try fixture.ask(Self.whoAmI, login: "Bearer \(token)")

        let next = try #require(fresh.body["operation_token"]?.stringValue)
        #expect(try fixture.ask(Self.whoAmI, login: "Bearer \(next)").status == 200)
        #expect(misused.status == 401 && misused.error == "invalid token")
    }

    @Test(
        arguments: [
            (["username": "admin"], 401, "invalid credentials"),
            (["username": "admin", "password": "wrong"], 401, "invalid credentials"),
            (
                ["username": "nobody", "password": "secret", "bypass_auth": true], 401,
                "invalid credentials"
            ),
            (["username": "admin", "password": ""], 400, "'password' is not allowed to be empty"),
            (["username": "", "password": "secret"], 400, "'username' is not allowed to be empty"),
            (["username": "", "password": ""], 401, "Must login"),
            ([:], 401, "Must login"),
        ] as [(JSONObject, Int, String)])
    func `wrong credentials give no token`(
        members: JSONObject, status: Int, error: String
    ) throws {
        let fixture = try OperationsFixture()
        var body = members
        body["operation"] = "create_authentication_tokens"

        let answer = try fixture.ask(.object(body), login: nil)

        #expect(answer.status == status && answer.error == error, "\(answer)")
    }

    @Test func `who is logged in hears of both empty strings`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "'username' is not allowed to be empty. 'password' is not allowed to be empty",
            ["operation": "create_authentication_tokens", "username": "", "password": ""])
    }

    @Test(arguments: ["0", 0, "-1s", "soon", "366d", "9223372036854775807d", true] as [JSONValue])
    func `a life time beyond the limits is refused`(time: JSONValue) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask([
            "operation": "create_authentication_tokens", "expires_in": time,
        ])

        #expect(answer.status == 400, "\(answer)")
    }

    @Test func `not one changed character of a token lets in`() throws {
        let fixture = try OperationsFixture()
        let token = Array(try Self.tokens(fixture).operation)

        for index in stride(from: 0, to: token.count, by: 7) {
            var changed = token
            changed[index] = changed[index] == "A" ? "B" : "A"
            let answer = try fixture.ask(Self.whoAmI, login: "Bearer \(String(changed))")
            #expect(answer.status == 401 && answer.error == "invalid token", "at \(index)")
        }
    }

    @Test(arguments: ["", "x", "a.b.c", "..", String(repeating: "a.", count: 50_000)])
    func `what is no token is refused`(token: String) throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask(Self.whoAmI, login: "Bearer \(token)")

        #expect(answer.status == 401 && answer.error == "invalid token")
    }

    @Test func `a token cannot choose to be unsigned`() throws {
        let fixture = try OperationsFixture()
        let parts = try Self.tokens(fixture).operation.split(separator: ".")
        let header = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString()
            .replacing("=", with: "")

        let answer = try fixture.ask(Self.whoAmI, login: "Bearer \(header).\(parts[1]).")

        #expect(answer.status == 401)
    }

    @Test func `another node's token is foreign`() throws {
        let token = try Self.tokens(try OperationsFixture()).operation

        let answer = try OperationsFixture().ask(Self.whoAmI, login: "Bearer \(token)")

        #expect(answer.status == 401 && answer.error == "invalid token")
    }

    @Test func `a new password ends every token`() throws {
        let fixture = try OperationsFixture()
        let token = try Self.tokens(fixture).operation

        _ = try fixture.ask([
            "operation": "alter_user", "username": "admin", "password": "other",
        ])

        #expect(try fixture.ask(Self.whoAmI, login: "Bearer \(token)").status == 401)
    }

    @Test func `a token says whose it is, for what and for how long`() throws {
        let fixture = try OperationsFixture()
        let tokens = try Self.tokens(fixture)
        let claims = { (token: String) throws -> JSONValue in
            let part = try #require(token.split(separator: ".").dropFirst().first)
                .replacing("-", with: "+").replacing("_", with: "/")
            let padding = String(repeating: "=", count: (4 - part.count % 4) % 4)
            return try JSONValue(parsing: Array(try #require(Data(base64Encoded: part + padding))))
        }
        let life = { (claims: JSONValue) in
            (claims["exp"]?.integerValue ?? 0) - (claims["iat"]?.integerValue ?? 0)
        }

        let (operation, refresh) = (try claims(tokens.operation), try claims(tokens.refresh))

        #expect(operation["username"] == "admin" && operation["super_user"] == true)
        #expect(operation["sub"] == "operation" && life(operation) == 86_400)
        #expect(refresh["sub"] == "refresh" && life(refresh) == 30 * 86_400)
    }

    @Test func `a token lives as long as was asked for and is told apart when it has expired`()
        throws
    {
        let directory = try TemporaryDirectory()
        let time = Mutex(Date(timeIntervalSince1970: 1_000))
        let users = try UserStore(
            store: TableStore(root: directory.path, log: .silent),
            firstSuperUser: ("admin", "secret"), now: { time.withLock { $0 } })
        let admin = try users.authenticate(name: "admin", password: "secret")
        let token = try users.token(.operation, for: admin, seconds: 5)

        time.withLock { $0 = Date(timeIntervalSince1970: 1_004.9) }
        #expect(try users.authenticate("Bearer \(token)").name == "admin")
        time.withLock { $0 = Date(timeIntervalSince1970: 1_005) }
        let error = #expect(throws: HTTPError.self) { try users.authenticate("Bearer \(token)") }

        #expect(error?.status == .forbidden)
        #expect(error?.message == "token expired")
    }

    @Test func `a refresh token may come in the body`() throws {
        let fixture = try OperationsFixture()
        let token = try Self.tokens(fixture).refresh

        let fresh = try fixture.ask(
            ["operation": "refresh_operation_token", "refresh_token": .string(token)], login: nil)
        let foreign = try fixture.ask(
            ["operation": "refresh_operation_token", "refresh_token": "x"], login: nil)

        #expect(fresh.body["operation_token"]?.stringValue != nil)
        #expect(foreign.status == 401 && foreign.error == "invalid token")
    }
}
