import CSodium

/// HMAC-SHA-256 (RFC 2104): a digest that only who knows a key can make.
package enum MessageAuthentication {
    /// - Parameter key: Of any length, as the RFC allows.
    /// - Returns: 32 bytes.
    package static func code(for message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
        Sodium.prepare()
        let message = Array(message)
        var state = crypto_auth_hmacsha256_state()
        crypto_auth_hmacsha256_init(&state, key, key.count)
        crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        crypto_auth_hmacsha256_final(&state, &code)
        return code
    }
}
