import CKernels

/// The linear algebra of a factorisation by weighted least squares, for rows padded with zeros to
/// `stride` floats, a multiple of eight.
///
/// The C form is compiled twice. Both round in another order than the plain form of the tests.
package enum LeastSquaresKernel {
    private static let lanes = 8
    private static let rowsTogether = 8

    /// A number of dimensions rounded up to whole registers.
    package static func stride(of dimensions: Int) -> Int {
        (dimensions + lanes - 1) / lanes * lanes
    }

    /// Y^T Y of rows Y; its upper triangle is right, the rest may be anything.
    ///
    /// - Parameter rows: Shape (any, stride).
    /// - Returns: Shape (stride, stride).
    package static func gramian(
        _ rows: UnsafeBufferPointer<Float>, stride: Int, form: KernelForm = .best
    ) -> [Float] {
        precondition(stride.isMultiple(of: lanes) && rows.count.isMultiple(of: stride))
        return [Float](unsafeUninitializedCapacity: stride * stride) { out, count in
            let gramian = form == .avx2 ? ledge_gramian_avx2 : ledge_gramian_plain
            gramian(rows.baseAddress, rows.count / stride, stride, out.baseAddress)
            count = stride * stride
        }
    }

    /// Rows times a square matrix.
    ///
    /// - Parameters:
    ///   - rows: Shape (any, stride).
    ///   - matrix: Shape (stride, stride).
    package static func product(
        _ rows: UnsafeBufferPointer<Float>, _ matrix: [Float], stride: Int,
        form: KernelForm = .best
    ) -> [Float] {
        precondition(stride.isMultiple(of: lanes) && rows.count.isMultiple(of: stride))
        precondition(matrix.count == stride * stride, "the matrix is square")
        let rowCount = rows.count / stride
        let whole = rowCount / rowsTogether * rowsTogether
        let times = form == .avx2 ? ledge_rows_times_avx2 : ledge_rows_times_plain
        var product = [Float](unsafeUninitializedCapacity: rows.count) { out, count in
            times(rows.baseAddress, whole, matrix, stride, out.baseAddress)
            count = whole * stride
        }
        guard whole < rowCount else { return product }
        // The last few rows are computed as eight, with zeros for those that are not there.
        var last = Array(rows[(whole * stride)...])
        last += [Float](repeating: 0, count: rowsTogether * stride - last.count)
        product += [Float](unsafeUninitializedCapacity: last.count) { out, count in
            times(last, rowsTogether, matrix, stride, out.baseAddress)
            count = (rowCount - whole) * stride
        }
        return product
    }

    /// Solves rows of a factorisation, one after the other.
    ///
    /// Letters: y the chosen rows, c the weight of each, D a diagonal above 0.
    ///
    ///     loss = sum of c (1 - x . y)^2 + x . D x
    ///
    /// Conjugate gradients (Takacs, Pilaszy, Tikk 2011), preconditioned with D: the caller has
    /// turned the factors into the eigenvectors of the part that all rows share, so that a diagonal
    /// is all of it. A step reads each chosen row once; no matrix is built.
    package struct Solver {
        private let stride: Int
        private let steps: Int
        private let form: KernelForm
        private var scratch: [Float]

        /// - Parameters:
        ///   - stride: A multiple of eight.
        ///   - steps: At most so many; a row with n chosen needs no more than n + 1.
        package init(stride: Int, steps: Int, form: KernelForm = .best) {
            precondition(stride.isMultiple(of: LeastSquaresKernel.lanes), "whole registers only")
            self.stride = stride
            self.steps = steps
            self.form = form
            scratch = [Float](repeating: 0, count: 3 * stride)
        }

        /// - Parameters:
        ///   - chosen: The places of the chosen rows and the weight of each, above 0.
        ///   - factors: Shape (any, stride).
        ///   - diagonal: D, shape (stride).
        ///   - x: Where to begin; receives what is nearer to the solution, shape (stride).
        /// - Returns: The loss of the new x.
        package mutating func solve(
            _ chosen: (places: UnsafeBufferPointer<Int32>, weights: UnsafeBufferPointer<Float>),
            factors: UnsafePointer<Float>, diagonal: [Float], at x: UnsafeMutablePointer<Float>
        ) -> Float {
            let n = chosen.places.count
            precondition(diagonal.count == stride && chosen.weights.count == n, "lengths agree")
            let solve = form == .avx2 ? ledge_least_squares_avx2 : ledge_least_squares_plain
            return solve(
                chosen.places.baseAddress, chosen.weights.baseAddress, n, factors, diagonal, stride,
                steps, &scratch, x)
        }
    }
}
