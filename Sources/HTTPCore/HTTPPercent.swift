/// Percent-encoding (RFC 3986, section 2.1), read strictly.
package enum HTTPPercent {
    /// The text that the escapes stand for; refuses half an escape, NUL and broken UTF-8.
    static func decode(
        _ bytes: ArraySlice<UInt8>, plusIsSpace: Bool
    ) throws(HTTPError) -> String {
        let isEscape: (UInt8) -> Bool = {
            $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+"))
        }
        guard bytes.contains(where: isEscape) else { return String(decoding: bytes, as: UTF8.self) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "%"):
                decoded.append(try escape(in: bytes, at: index))
                index += 3
            case UInt8(ascii: "+") where plusIsSpace:
                decoded.append(ASCII.space)
                index += 1
            case let byte:
                decoded.append(byte)
                index += 1
            }
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw HTTPError(
                .badRequest, "The request target is not UTF-8 (RFC 3986, section 2.5).")
        }
        return text
    }

    private static func escape(in bytes: ArraySlice<UInt8>, at index: Int) throws(HTTPError)
        -> UInt8
    {
        guard index + 2 < bytes.endIndex, let high = bytes[index + 1].hexValue,
            let low = bytes[index + 2].hexValue
        else {
            throw HTTPError(
                .badRequest,
                "The request target has a percent sign without two hexadecimal "
                    + "digits (RFC 3986, section 2.1).")
        }
        let byte = high << 4 | low
        guard byte != 0 else {
            throw HTTPError(
                .badRequest, "The request target has an encoded NUL (RFC 3986, section 7.3).")
        }
        return byte
    }

    /// Names and values between ampersands; a name without an equals sign has an empty value.
    static func query(
        _ bytes: ArraySlice<UInt8>, itemsMax: Int
    ) throws(HTTPError) -> [(name: String, value: String)] {
        guard !bytes.isEmpty else { return [] }
        let parts = bytes.split(separator: UInt8(ascii: "&"))
        guard parts.count <= itemsMax else {
            throw HTTPError(
                .uriTooLong,
                "The query has \(parts.count) names, the limit is \(itemsMax) "
                    + "(RFC 9110, section 15.5.15).")
        }
        var items: [(name: String, value: String)] = []
        for part in parts {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try decode(part[..<equals], plusIsSpace: true)
            let value = try decode(part[equals...].dropFirst(), plusIsSpace: true)
            items.append((name, value))
        }
        return items
    }

    /// The text with everything escaped that is not unreserved: fit for a segment or a query value.
    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
