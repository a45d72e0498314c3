import CKernels

/// Which machine code does the work; both compute the same, with other roundings.
package enum KernelForm: Sendable, CaseIterable {
    case plain, avx2

    /// The fastest that this processor has.
    package static let best: KernelForm = ledge_has_avx2() != 0 ? .avx2 : .plain

    /// Those that this processor can run: tests try each of them.
    package static let available = allCases.filter { $0 == .plain || $0 == best }

    /// The name of this form among the kernels of ratings.
    var code: rating_code { self == .avx2 ? RATING_AVX2 : RATING_PLAIN }
}
