/// What a reader of bundles accepts; each limit stands before the allocation that it protects.
package enum BundleLimits {
    /// A manifest, in bytes. A real one has two to twenty thousand.
    package static let manifestBytesMax = 1 << 20
    /// The JSON header of a safetensors file; the reference reader allows a hundred times as much.
    package static let headerBytesMax = 1 << 20
    /// The golden queries, in bytes.
    package static let goldenBytesMax = 1 << 20
    /// One blob, in bytes.
    package static let blobBytesMax = 8 << 30
    package static let blobCountMax = 64
    package static let tensorCountMax = 256
    package static let dimensionCountMax = 8
    /// Length of an embedding that goes into layers, and what a layer gives.
    package static let layerWidthMax = 65_536
    package static let modelNameBytesMax = 64
    /// Nesting of manifest and header; both need four levels.
    package static let depthMax = 16
    /// Values in a manifest or header: bounds the time to refuse a hostile one.
    package static let valueCountMax = 100_000
}
