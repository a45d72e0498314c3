import BundleFormat
import Kernels

/// A tensor's values, in memory (a model just trained) or in a mapped file (one that serves).
package enum TensorRows<Element: Sendable>: Sendable {
    case owned([Element])
    case mapped(MappedTensor)
}

extension TensorRows where Element == Float {
    @inline(__always)
    func withBuffer<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        switch self {
        case .owned(let values): values.withUnsafeBufferPointer(body)
        case .mapped(let tensor): tensor.withFloats(body)
        }
    }

    /// All values, in memory.
    package var copied: [Float] { withBuffer { Array($0) } }
}

extension TensorRows<Float>: RowSource {
    package func withRows<Result>(_ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        withBuffer(body)
    }
}

extension TensorRows where Element == Int32 {
    @inline(__always)
    func withBuffer<Result>(_ body: (UnsafeBufferPointer<Int32>) -> Result) -> Result {
        switch self {
        case .owned(let values): values.withUnsafeBufferPointer(body)
        case .mapped(let tensor): tensor.withInt32s(body)
        }
    }
}

extension TensorRows where Element == Int64 {
    @inline(__always)
    func withBuffer<Result>(_ body: (UnsafeBufferPointer<Int64>) -> Result) -> Result {
        switch self {
        case .owned(let values): values.withUnsafeBufferPointer(body)
        case .mapped(let tensor): tensor.withInt64s(body)
        }
    }
}

extension TensorRows where Element == UInt8 {
    @inline(__always)
    func withBuffer<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        switch self {
        case .owned(let values): values.withUnsafeBufferPointer(body)
        case .mapped(let tensor): tensor.withUInt8s(body)
        }
    }
}
