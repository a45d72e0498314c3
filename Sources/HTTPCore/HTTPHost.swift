/// The `host[:port]` of a Host field or an absolute target (RFC 9110, section 7.2).
enum HTTPHost {
    private static let portMax = 65_535

    static func check(_ host: String) throws(HTTPError) {
        guard isValid(host) else {
            throw HTTPError(
                .badRequest,
                "The host is not a name or address with an optional port "
                    + "(RFC 9112, section 3.2).")
        }
    }

    static func isValid(_ host: String) -> Bool {
        let bytes = Array(host.utf8)[...]
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            return isAddress(bytes[..<end].dropFirst()) && isPort(bytes[end...].dropFirst())
        }
        let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        return isName(bytes[..<colon]) && isPort(bytes[colon...])
    }

    /// The inside of an IPv6 literal: enough to keep other characters out.
    private static func isAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        let colons = bytes.count { $0 == UInt8(ascii: ":") }
        return colons >= 2
            && bytes.allSatisfy {
                $0.hexValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.endIndex, bytes[index + 1].hexValue != nil,
                    bytes[index + 2].hexValue != nil
                else { return false }
                index += 2
            } else if !bytes[index].isHostByte {
                return false
            }
            index += 1
        }
        return !bytes.isEmpty
    }

    /// Nothing, or a colon with the digits of a port, which RFC 3986 lets be absent.
    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return true }
        guard bytes.first == UInt8(ascii: ":") else { return false }
        let digits = bytes.dropFirst()
        guard !digits.isEmpty else { return true }
        guard let port = digits.decimalNumber else { return false }
        return port <= portMax
    }
}
