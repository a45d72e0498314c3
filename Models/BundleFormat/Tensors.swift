import Foundation

/// The type of a tensor's elements, little-endian, under the name that safetensors gives it.
package enum ElementType: String, Sendable, CaseIterable {
    case float32 = "F32"
    case int64 = "I64"
    case int32 = "I32"
    case int8 = "I8"
    case uint8 = "U8"

    package var bytes: Int {
        switch self {
        case .int64: 8
        case .float32, .int32: 4
        case .int8, .uint8: 1
        }
    }
}

/// Name, type and shape of a tensor, and the blob that holds it; row-major.
package struct TensorDescription: Sendable, Hashable {
    package let name: String
    package let elementType: ElementType
    package let shape: [Int]
    /// The name of the blob in the manifest.
    package let blob: String

    package init(name: String, elementType: ElementType, shape: [Int], blob: String) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
        self.blob = blob
    }

    /// The size in bytes, or nil if it exceeds 63 bits; shapes come from files.
    package var bytes: Int? {
        var product = elementType.bytes
        for extent in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            if overflow || extent < 0 { return nil }
            product = next
        }
        return product
    }
}

/// A tensor inside a mapped file: nothing is copied, pages come from disk when they are touched.
///
/// The mapping lives as long as any value that refers to it.
package struct MappedTensor: Sendable {
    package let shape: [Int]
    package let elementType: ElementType
    private let file: Data
    private let offset: Int
    private let count: Int

    /// - Precondition: the range lies in the file and the offset suits the type's alignment;
    ///   `SafetensorsFile` has checked both before it calls.
    init(_ description: TensorDescription, in file: Data, at offset: Int) {
        self.shape = description.shape
        self.elementType = description.elementType
        self.file = file
        self.offset = offset
        self.count = description.shape.reduce(1, *)
    }

    /// Runs the body over all elements, row-major.
    ///
    /// - Precondition: the element type is `.float32`.
    package func withFloats<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withElements(of: .float32, body)
    }

    /// Runs the body over all elements, row-major.
    ///
    /// - Precondition: the element type is `.int32`.
    package func withInt32s<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Int32>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withElements(of: .int32, body)
    }

    /// Runs the body over all elements, row-major.
    ///
    /// - Precondition: the element type is `.int64`.
    package func withInt64s<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Int64>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withElements(of: .int64, body)
    }

    /// Runs the body over all elements, row-major.
    ///
    /// - Precondition: the element type is `.uint8`.
    package func withUInt8s<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withElements(of: .uint8, body)
    }

    /// Runs the body over all elements, row-major.
    ///
    /// - Precondition: the element type is `.int8`.
    package func withInt8s<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Int8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withElements(of: .int8, body)
    }

    private func withElements<Element, Result, Failure: Error>(
        of type: ElementType, _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(elementType == type, "a \(elementType) tensor was read as \(type)")
        // `withUnsafeBytes` rethrows without the type of what it throws; the detour keeps it.
        let result: Swift.Result<Result, Failure> = file.withUnsafeBytes { bytes in
            let rows = UnsafeRawBufferPointer(
                rebasing: bytes[offset..<offset + count * MemoryLayout<Element>.stride])
            do throws(Failure) {
                return .success(try body(rows.assumingMemoryBound(to: Element.self)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// A tensor's values before they are written.
package struct DraftTensor: Sendable {
    package enum Values: Sendable {
        case float32([Float])
        case int64([Int64])
        case int32([Int32])
        case int8([Int8])
        case uint8([UInt8])
    }

    package let name: String
    package let shape: [Int]
    package let values: Values

    /// - Precondition: the shape's product is the number of values.
    package init(_ name: String, shape: [Int], _ values: Values) {
        self.name = name
        self.shape = shape
        self.values = values
        precondition(
            shape.reduce(1, *) == count, "the shape \(shape) of \(name) does not hold \(count)")
    }

    package var elementType: ElementType {
        switch values {
        case .float32: .float32
        case .int64: .int64
        case .int32: .int32
        case .int8: .int8
        case .uint8: .uint8
        }
    }

    private var count: Int {
        switch values {
        case .float32(let values): values.count
        case .int64(let values): values.count
        case .int32(let values): values.count
        case .int8(let values): values.count
        case .uint8(let values): values.count
        }
    }

    /// What the values take in a file.
    package var bytes: Int { withBytes(\.count) }

    /// Every platform that Swift runs on stores numbers little-endian, as safetensors demands.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch values {
        case .float32(let values): try values.withUnsafeBytes(body)
        case .int64(let values): try values.withUnsafeBytes(body)
        case .int32(let values): try values.withUnsafeBytes(body)
        case .int8(let values): try values.withUnsafeBytes(body)
        case .uint8(let values): try values.withUnsafeBytes(body)
        }
    }
}
