import Foundation
import HTTPCore
import Integrity
import JSON
import TableStorage

/// Signs and reads JSON Web Tokens (RFC 7519), with Ed25519 (RFC 8037) and a key of this node.
///
/// A token names its user and a fingerprint of the password that the user had: when the password
/// changes, every token from before is foreign. Only the one header that this type writes is
/// accepted, so a token cannot choose how it is verified (RFC 8725, section 3.1).
struct TokenIssuer: Sendable {
    /// What a token is good for: it stands in its subject.
    enum Purpose: String, Sendable {
        case operation, refresh
    }

    /// What a token says, once its signature and its time are right.
    struct Claims: Sendable {
        let username: String
        let passwordMark: String
    }

    private let key: SigningKey
    private let now: @Sendable () -> Date

    private static let kind = "secret"
    private static let keyName = "token_key"
    private static let header = #"{"alg":"EdDSA","typ":"JWT"}"#
    /// A token in a header field or a body, in bytes; longer ones are foreign unseen.
    private static let tokenBytesMax = 4_096
    private static let markDigits = 16

    /// Takes the node's key from the store, or makes one at the first start.
    init(store: TableStore, now: @escaping @Sendable () -> Date) throws(HTTPError) {
        self.now = now
        let stored = try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.get(kind: Self.kind, key: Self.keyName)?["seed"]?.stringValue
        }
        do throws(IntegrityError) {
            if let seed = stored.flatMap({ [UInt8](hexadecimal: $0) }) {
                key = try SigningKey(seed: seed)
                return
            }
            key = try SigningKey()
        } catch {
            throw HTTPError(.internalError, error.message, cause: error)
        }
        let seed = key.seed.hexadecimal
        try storing(missing: .notFound) { () throws(TableStorageError) in
            try store.system.put(["seed": .string(seed)], kind: Self.kind, key: Self.keyName)
        }
    }

    /// - Parameter seconds: How long the token is good.
    func token(
        _ purpose: Purpose, for user: User, passwordHash: String, seconds: Int
    ) throws(HTTPError) -> String {
        let issued = Int(now().timeIntervalSince1970)
        let claims: JSONValue = [
            "username": .string(user.name), "super_user": .bool(user.isSuperUser),
            "mark": .string(Self.mark(passwordHash)), "iat": JSONValue(issued),
            "exp": JSONValue(issued + seconds), "sub": .string(purpose.rawValue),
        ]
        let signed = Self.encoded(Array(Self.header.utf8)) + "." + Self.encoded(claims.encoded())
        do throws(IntegrityError) {
            return signed + "." + Self.encoded(try key.sign(Array(signed.utf8)).bytes)
        } catch {
            throw HTTPError(.internalError, error.message, cause: error)
        }
    }

    /// - Throws: 401 for a malformed or foreign token or one for something else; 403 for an
    ///   expired one, as HarperDB answers.
    func claims(of token: String, for purpose: Purpose) throws(HTTPError) -> Claims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= Self.tokenBytesMax, parts.count == 3,
            parts[0] == Self.encoded(Array(Self.header.utf8)),
            let signature = Self.decoded(parts[2]).flatMap(Signature.init(bytes:)),
            key.verifyingKey.isValid(signature, for: Array("\(parts[0]).\(parts[1])".utf8)),
            let body = Self.decoded(parts[1]), let claims = try? JSONValue(parsing: body),
            claims["sub"] == .string(purpose.rawValue),
            let name = claims["username"]?.stringValue, let mark = claims["mark"]?.stringValue,
            let end = claims["exp"]?.integerValue
        else { throw Self.invalid }
        guard now().timeIntervalSince1970 < Double(end) else {
            throw HTTPError(.forbidden, "token expired")
        }
        return Claims(username: name, passwordMark: mark)
    }

    /// A short name of a stored password, which tells nothing about it.
    static func mark(_ passwordHash: String) -> String {
        String(SHA256Digest.of(Array(passwordHash.utf8)).hex.prefix(markDigits))
    }

    static var invalid: HTTPError {
        HTTPError(.unauthorized, "invalid token", fields: UserStore.challenge)
    }

    /// Base64 for addresses and without padding (RFC 4648, section 5).
    private static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    private static func decoded(_ text: Substring) -> [UInt8]? {
        guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let bytes = Data(base64Encoded: plain + padding).map(Array.init),
            encoded(bytes) == text
        else { return nil }
        return bytes
    }
}
