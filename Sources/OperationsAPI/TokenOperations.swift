import HTTPCore
import JSON

/// How long tokens are good.
package struct TokenLifetimes: Sendable {
    package var operationSeconds: Int
    package var refreshSeconds: Int

    /// HarperDB's: a day, and thirty.
    package init(operationSeconds: Int = 86_400, refreshSeconds: Int = 30 * 86_400) {
        self.operationSeconds = operationSeconds
        self.refreshSeconds = refreshSeconds
    }
}

/// Logging in once, and going on with tokens.
struct TokenOperations: Sendable {
    let users: UserStore
    let lifetimes: TokenLifetimes

    private static let secondsMax = 365 * 86_400

    var all: [Operation] {
        [
            Operation(
                "create_authentication_tokens", optional: [.username, .password, .expiresIn],
                access: .nobody, run: create),
            Operation(
                "refresh_operation_token", demanded: [.refreshToken], access: .nobody,
                run: refresh),
        ]
    }

    private func create(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let user = try asker(request)
        let seconds = try Self.seconds(request.body["expires_in"]) ?? lifetimes.operationSeconds
        return [
            "operation_token": .string(
                try users.token(.operation, for: user, seconds: seconds)),
            "refresh_token": .string(
                try users.token(.refresh, for: user, seconds: lifetimes.refreshSeconds)),
        ]
    }

    /// Who the body names, or who logged in if it names nobody.
    private func asker(_ request: OperationRequest) throws(HTTPError) -> User {
        let (name, password) = (request[.username], request[.password])
        guard name != nil || password != nil else {
            if let user = request.user { return user }
            return try users.authenticate(request.authorization)
        }
        let empty = [("username", name), ("password", password)].filter { $0.1 == "" }
        guard empty.isEmpty else {
            // Two empty strings are no login at all, so that one is asked for first.
            if empty.count == 2, request.user == nil {
                _ = try users.authenticate(request.authorization)
            }
            throw HTTPError(
                .badRequest,
                empty.map { "'\($0.0)' is not allowed to be empty" }.joined(separator: ". "))
        }
        let refusal = HTTPError(
            .unauthorized, "invalid credentials", fields: UserStore.challenge)
        guard let name = name?.stringValue, let password = password?.stringValue else {
            throw refusal
        }
        do throws(HTTPError) {
            return try users.authenticate(name: name, password: password)
        } catch {
            guard error.status == .unauthorized else { throw error }
            throw refusal
        }
    }

    private func refresh(_ request: OperationRequest) throws(HTTPError) -> JSONValue {
        let words = (request.authorization ?? "").split(separator: " ", maxSplits: 1)
        let bearer =
            words.count == 2 && words[0].lowercased() == "bearer" ? String(words[1]) : nil
        guard let token = request.body["refresh_token"]?.stringValue ?? bearer else {
            throw request.authorization == nil
                ? HTTPError(.unauthorized, "Must login", fields: UserStore.challenge)
                : TokenIssuer.invalid
        }
        let user = try users.user(of: token, for: .refresh)
        return [
            "operation_token": .string(
                try users.token(.operation, for: user, seconds: lifetimes.operationSeconds))
        ]
    }

    /// Seconds as a number, or a number with a unit as in `30s`, `15m`, `12h`, `7d`.
    private static func seconds(_ value: JSONValue?) throws(HTTPError) -> Int? {
        guard let value, value != .null else { return nil }
        let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        var seconds = value.integerValue
        if let text = value.stringValue {
            let factor = text.last.flatMap { factors[$0] }
            let number = Int(factor == nil ? text[...] : text.dropLast())
            seconds = number.flatMap { number in
                let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor ?? 1)
                return isTooLarge ? nil : product
            }
        }
        guard let seconds, (1...secondsMax).contains(seconds) else {
            throw HTTPError(
                .badRequest,
                "'expires_in' must be a number of seconds or a time such as 30m, 12h or 7d, of at "
                    + "most \(secondsMax) seconds")
        }
        return seconds
    }
}
