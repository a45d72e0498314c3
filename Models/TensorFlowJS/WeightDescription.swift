import JSON

/// How one weight lies in the weight files, as `weightsManifest` describes it.
struct WeightDescription: Sendable, Hashable {
    /// What the program that loads the model sees.
    enum Kind: String, Sendable {
        case float32, int32, bool, uint8, complex64, string
    }

    /// How each element is stored.
    enum Storage: Sendable, Hashable {
        case plain
        /// value = scale x byte + min.
        case uint8(scale: Double, min: Double)
        /// value = scale x word + min.
        case uint16(scale: Double, min: Double)
        case float16
    }

    let name: String
    let shape: [Int]
    let kind: Kind
    let storage: Storage
    /// The product of the shape.
    let count: Int

    /// - Throws: `.malformed`, `.unsupported`; `.limitExceeded` if the product of the shape, or
    ///   its size in bytes, exceeds the limit.
    init(_ value: JSONValue) throws(TensorFlowJSError) {
        guard let name = value["name"]?.stringValue, let extents = value["shape"]?.arrayValue,
            let type = value["dtype"]?.stringValue
        else {
            throw TensorFlowJSError(.malformed, "a weight has no name, no shape or no dtype")
        }
        guard let kind = Kind(rawValue: type) else {
            throw TensorFlowJSError(
                .unsupported, "the weight \(name) has the dtype \(type), which is not read here")
        }
        var count = 1
        var shape: [Int] = []
        for extent in extents {
            guard let extent = extent.integerValue, extent >= 0 else {
                throw TensorFlowJSError(
                    .malformed, "the weight \(name) has an extent that is no whole number")
            }
            shape.append(extent)
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= TensorFlowJSLimits.weightBytesMax else {
                throw TensorFlowJSError(
                    .limitExceeded,
                    "the weight \(name) has more elements than the "
                        + "\(TensorFlowJSLimits.weightBytesMax) bytes that are the limit")
            }
            count = product
        }
        self.name = name
        self.kind = kind
        self.shape = shape
        self.count = count
        storage =
            try value["quantization"].map { quantization throws(TensorFlowJSError) in
                try Self.storage(quantization, of: name)
            } ?? .plain
    }

    private static func storage(
        _ value: JSONValue, of name: String
    ) throws(TensorFlowJSError) -> Storage {
        let type = value["dtype"]?.stringValue ?? "none"
        if type == "float16" { return .float16 }
        guard let scale = value["scale"]?.doubleValue, let low = value["min"]?.doubleValue,
            scale.isFinite, low.isFinite
        else {
            throw TensorFlowJSError(
                .malformed, "the quantised weight \(name) has no finite scale and min")
        }
        switch type {
        case "uint8": return .uint8(scale: scale, min: low)
        case "uint16": return .uint16(scale: scale, min: low)
        default:
            throw TensorFlowJSError(
                .unsupported,
                "the weight \(name) is quantised as \(type); uint8, uint16 and float16 are read")
        }
    }

    /// Bytes of one element, or nil for texts, whose lengths stand before them.
    var elementBytes: Int? {
        switch storage {
        case .uint8: return 1
        case .uint16, .float16: return 2
        case .plain: break
        }
        return switch kind {
        case .bool, .uint8: 1
        case .float32, .int32: 4
        case .complex64: 8
        case .string: nil
        }
    }
}

/// What is read of a model; each limit stands before the allocation that it protects.
package enum TensorFlowJSLimits {
    /// `model.json`, in bytes: its graph has a few kilobytes, that of a large network some dozens.
    package static let descriptionBytesMax = 64 << 20
    /// All weight files together; HarperDB's song model has 211 MB.
    package static let weightBytesMax = 2 << 30
    package static let weightCountMax = 10_000
    package static let fileCountMax = 10_000
    package static let nodeCountMax = 1_000_000
}
