/// Whether the parts of a bundle fit together, each sound by itself.
///
/// A fault found here would otherwise be an index out of range in the middle of a request.
struct BundleChecks {
    let manifest: BundleManifest
    let tensors: [String: MappedTensor]
    let itemCount: Int
    let readerCount: Int

    /// - Throws: `.incompatible` for a kind that this node cannot serve, else `.inconsistent`.
    func run() throws(BundleError) {
        guard let requirements = manifest.kind.requiredTensors else {
            throw BundleError(
                .incompatible, "this node does not serve models of kind \(manifest.kind.rawValue)")
        }
        try checkShapes(requirements)
        for (name, tensor) in tensors where tensor.elementType == .float32 {
            try checkFinite(tensor, name: name)
        }
        for runs in manifest.kind.runs { try check(runs) }
        if manifest.kind == .ratingMLP { try checkLayers() }
    }

    private func checkShapes(_ requirements: [TensorRequirement]) throws(BundleError) {
        guard itemCount < Int.max, readerCount < Int.max else {
            throw inconsistent("the catalogue has no end")
        }
        var extents: [Extent: Int] = [
            .items: itemCount, .itemBounds: itemCount + 1, .readers: readerCount,
            .readerBounds: readerCount + 1,
        ]
        for requirement in requirements {
            guard let tensor = tensors[requirement.name] else {
                throw inconsistent("the tensor \(requirement.name) is missing")
            }
            guard tensor.elementType == requirement.elementType,
                tensor.shape.count == requirement.shape.count
            else {
                throw inconsistent("the tensor \(requirement.name) has another type or rank")
            }
            for (extent, found) in zip(requirement.shape, tensor.shape) {
                let expected = extents[extent] ?? found
                guard found == expected else {
                    throw inconsistent(
                        "the tensor \(requirement.name) has \(found) \(extent), "
                            + "expected \(expected)")
                }
                extents[extent] = found
            }
        }
        guard itemCount > 0, extents[.dimensions, default: 1] > 0 else {
            throw inconsistent("the model has no items or no dimensions")
        }
    }

    private func checkFinite(_ tensor: MappedTensor, name: String) throws(BundleError) {
        let isFinite = tensor.withFloats { values in values.allSatisfy(\.isFinite) }
        guard isFinite else {
            throw inconsistent("the tensor \(name) holds a value that is no number")
        }
    }

    private func check(_ runs: RunsRequirement) throws(BundleError) {
        guard let offsets = tensors[runs.offsets], let items = tensors[runs.items] else {
            throw inconsistent("the runs of each \(runs.owner) are missing")
        }
        let count = Int64(items.shape[0])
        let isMonotone = offsets.withInt64s { offsets in
            offsets.first == 0 && offsets.last == count
                && zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
        }
        guard isMonotone else {
            throw inconsistent("the \(runs.owner)s' offsets do not grow to the end")
        }
        let limit = Int32(clamping: itemCount)
        let isInRange = items.withInt32s { items in items.allSatisfy { 0 <= $0 && $0 < limit } }
        guard isInRange else {
            throw inconsistent("what a \(runs.owner) refers to is not in the catalogue")
        }
    }

    func inconsistent(_ message: String) -> BundleError {
        BundleError(.inconsistent, message)
    }
}
