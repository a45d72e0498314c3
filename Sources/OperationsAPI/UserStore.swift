import Foundation
import HTTPCore
import Integrity
import JSON
import TableStorage

/// Somebody with a login.
package struct User: Sendable, Hashable {
    package let name: String
    /// The id of the role.
    package let role: String
    package let isActive: Bool
    let permission: RolePermission

    package var isSuperUser: Bool { permission.isSuperUser }
}

/// Who may log in, and whether a login is right.
///
/// Passwords are stored as Argon2id hashes, which take tens of milliseconds to check on purpose.
/// A login that was right is remembered for a short while under a fingerprint that only this
/// process can compute, so that a client with a thousand requests pays once.
package final class UserStore: Sendable {
    let roles: RoleStore
    private let store: TableStore
    private let tokens: TokenIssuer
    private let logins = RememberedLogins()
    private let now: @Sendable () -> Date

    private static let kind = "user"
    private static let nameBytesMax = 250
    /// A login in the header, in bytes; longer ones are wrong without being looked at.
    private static let credentialsBytesMax = 4_096
    /// Verified for names that do not exist, so that an answer's time does not tell them apart.
    private let decoyHash = PasswordHash.decoy()

    /// - Parameter firstSuperUser: Is added if there is no user yet.
    package init(
        store: TableStore, firstSuperUser: (name: String, password: String),
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(HTTPError) {
        self.store = store
        self.now = now
        roles = try RoleStore(store: store)
        tokens = try TokenIssuer(store: store, now: now)
        if try users().isEmpty {
            try add(
                name: firstSuperUser.name, password: firstSuperUser.password,
                role: RoleStore.superUserRole, isActive: true)
        }
    }

    /// The user behind an `Authorization` field.
    ///
    /// Blocks while it checks a password: call from a worker thread.
    ///
    /// - Throws: 401 with HarperDB's sentences; 403 for an expired token.
    package func authenticate(_ field: String?) throws(HTTPError) -> User {
        let words = (field ?? "").split(separator: " ", maxSplits: 1)
        if words.first?.lowercased() == "bearer" {
            return try user(of: words.count == 2 ? String(words[1]) : "", for: .operation)
        }
        let (name, password) = try Self.credentials(field)
        return try authenticate(name: name, password: password)
    }

    /// - Throws: 401 with HarperDB's sentences.
    func authenticate(name: String, password: String) throws(HTTPError) -> User {
        let question = logins.ask(name: name, password: password, at: now())
        if let user = question.user { return user }
        guard let document = try document(name) else {
            _ = PasswordHash.verify(password, against: decoyHash)
            throw HTTPError(.unauthorized, "Login failed", fields: Self.challenge)
        }
        guard PasswordHash.verify(password, against: document["hash"]?.stringValue ?? "") else {
            throw HTTPError(.unauthorized, "Login failed", fields: Self.challenge)
        }
        let user = try activeUser(document)
        logins.remember(user, for: question)
        return user
    }

    /// The user of a token that this node signed.
    ///
    /// - Throws: 401, also if the user is gone, inactive or has another password by now; 403.
    func user(of token: String, for purpose: TokenIssuer.Purpose) throws(HTTPError) -> User {
        let claims = try tokens.claims(of: token, for: purpose)
        guard let document = try document(claims.username),
            TokenIssuer.mark(document["hash"]?.stringValue ?? "") == claims.passwordMark
        else { throw TokenIssuer.invalid }
        return try activeUser(document)
    }

    func token(
        _ purpose: TokenIssuer.Purpose, for user: User, seconds: Int
    ) throws(HTTPError) -> String {
        guard let hash = try document(user.name)?["hash"]?.stringValue else {
            throw HTTPError(.badRequest, "only a user with a password can have tokens")
        }
        return try tokens.token(purpose, for: user, passwordHash: hash, seconds: seconds)
    }

    private func activeUser(_ document: JSONObject) throws(HTTPError) -> User {
        let role = document["role"]?.stringValue ?? ""
        let user = User(
            name: document["username"]?.stringValue ?? "", role: role,
            isActive: document["active"]?.boolValue ?? false,
            permission: try roles.permission(ofRole: role))
        guard user.isActive else {
            throw HTTPError(
                .unauthorized, "Cannot complete request: User is inactive", fields: Self.challenge)
        }
        return user
    }

    /// Who asks from a place that needs no login: the domain socket, or loopback if it may.
    static let local = User(
        name: "local", role: RoleStore.superUserRole, isActive: true, permission: .superUser)

    static let challenge: HTTPFields = ["WWW-Authenticate": "Basic"]

    private static func credentials(
        _ field: String?
    ) throws(HTTPError) -> (name: String, password: String) {
        let missing = HTTPError(.unauthorized, "Must login", fields: challenge)
        guard let field else { throw missing }
        let words = field.split(separator: " ", maxSplits: 1)
        guard field.utf8.count <= credentialsBytesMax, words.count == 2,
            words[0].lowercased() == "basic", let decoded = Data(base64Encoded: String(words[1])),
            let text = String(validating: decoded, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { throw HTTPError(.unauthorized, "Login failed", fields: challenge) }
        let (name, password) = (text[..<colon], text[text.index(after: colon)...])
        guard !name.isEmpty || !password.isEmpty else { throw missing }
        return (String(name), String(password))
    }
}

// MARK: The documents

extension UserStore {
    func users() throws(HTTPError) -> [JSONObject] {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.all(kind: Self.kind)
        }
    }

    func document(_ name: String) throws(HTTPError) -> JSONObject? {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.get(kind: Self.kind, key: name)
        }
    }

    func add(name: String, password: String, role: String, isActive: Bool) throws(HTTPError) {
        guard try document(name) == nil else {
            throw HTTPError(.conflict, "User \(name) already exists")
        }
        let time = store.milliseconds
        try put([
            "username": .string(name), "hash": .string(try Self.hash(password)),
            "role": .string(role), "active": .bool(isActive), "__createdtime__": .integer(time),
            "__updatedtime__": .integer(time),
        ])
    }

    func put(_ document: JSONObject) throws(HTTPError) {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.put(
                document, kind: Self.kind, key: document["username"]?.stringValue ?? "")
        }
        forgetLogins()
    }

    func remove(_ name: String) throws(HTTPError) {
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.remove(kind: Self.kind, key: name)
        }
        forgetLogins()
    }

    var milliseconds: Int64 { store.milliseconds }

    /// Whatever changed about a user holds from the next request on.
    func forgetLogins() {
        logins.forget()
    }

    /// A login is `name:password` in one header field: a name with a colon could never be used.
    static func check(name: String) throws(HTTPError) {
        let isPlain = name.unicodeScalars.allSatisfy {
            $0 != ":" && $0.properties.generalCategory != .control
        }
        guard isPlain, name.utf8.count <= nameBytesMax else {
            throw HTTPError(
                .badRequest,
                "a user's name has at most \(nameBytesMax) bytes, no colon and no control "
                    + "characters")
        }
    }

    static func hash(_ password: String) throws(HTTPError) -> String {
        guard password.utf8.count <= PasswordHash.passwordBytesMax else {
            throw HTTPError(
                .badRequest,
                "a password has at most \(PasswordHash.passwordBytesMax) bytes")
        }
        do throws(IntegrityError) {
            return try PasswordHash.make(password)
        } catch {
            throw HTTPError(.internalError, error.message, cause: error)
        }
    }
}
