import VMIRImage
import VMIRRuntime

#if !VMIR_EDGE
  import VMIROpenBLAS
#endif

extension Options {
  static let help = """
    Restores pictures with a converted network.

    usage: vmir-run MODEL.vmir IN... [options]
           vmir-run MODEL.vmir --benchmark WxH [options]

      IN                 a \(PictureFormat.pictureNames), a float32 .npy of shape [1, C, H, W] in [0, 1], a
                         folder of such files, or - for stdin
      -o, --output PATH  the output, or - for stdout; a folder where there are several inputs or
                         where it ends with a slash; missing folders are made
                         (default: <input>_<model>.png beside the input)
      --format NAME      what pictures are written in where the ending of --output does not say it:
                         \(PictureFormat.list(PictureFormat.written.map { $0.name })) (default: PNG)
      --quality N        1 to 100\(qualityText)
      --resize SIZE      the size of the result: 1920x1080, 1920x or x1080 with the other side as
                         the picture has it, or 50% of what the network makes
      --scale N          the result N times as wide and high as the picture, as 2 or 1.5
      --mask FILE        a grey picture as one more channel of the network's input, after the
                         picture's: a mask, white where it counts, or a map
      --view FILE        a picture as three more channels: the other view of a pair
      -r, --recursive    descend into subfolders; an output folder gets the same tree
      --skip-existing    skip pictures whose result is there, made of the same bytes by the same
                         model
      --overwrite        replace files that are no results
      --shard I/N        the I-th of N equal parts of the pictures, for array jobs; I from 1 to N
      --shard0 I/N       the same with I from 0 to N - 1
      --tile auto|off|N  cut a picture into tiles: where it needs more memory than allowed
                         (auto), never (off), or into tiles of at most N pixels a side; where
                         the network sees only so far they give the same result, else they are
                         blended and change it slightly
      --overlap N        minimum overlap of neighbouring tiles in input pixels (default: 64,
                         or twice what the network sees)
      --memory SIZE      memory limit, in MB or as 2GB (default: half of what is
                         available)
      --tta              average over the 8 flips and rotations of the picture
      --allow-nonfinite  take arrays with values that are not finite numbers
      --threads N        threads to work with (default: the processors that the process may use)
      --isa NAME         kernels to use (default: the fastest):
                         \(Kernels.text(Kernels.names))
      --gemm NAME        matrix products by: \(gemmNames) (default: builtin)
      --conv NAME        3x3 convolutions: direct, standard (as exact, faster) or fast (about ten
                         times the rounding error) (default: what the model says)
      --top N            of a network that tells classes: say the N that fit best, by number
      --json             a line of JSON for each picture and one for all
      -v, --verbose      say more on stderr
      -q, --quiet        no progress bar, no line for each picture
      -h, --help         this text
      --version          the version
      --benchmark WxH    time the network alone at this size: the median of 5 runs, and the memory
      --self-test        restore what is inside with all kernels of this processor, and compare

    A .npy gives a .npy with unclamped values; a network that gives no picture but numbers for
    classes, or features, gives a .npy for every input. A picture that fails does not stop the others.
    Each result tells what it was made of. A file of --output is replaced where it is a result,
    a file in a folder where it is a result of the same input; others with --overwrite only.
    Exit codes: 0 done, 1 some of several pictures failed, 64 usage, 65 bad input,
    66 missing file, 69 unsupported, 74 output could not be written, which ends the run.

    """

  #if VMIR_EDGE
    private static let qualityText = ", where a format loses something: none of this build"
  #else
    private static let qualityText = """
       of \(PictureFormat.list(PictureFormat.written.filter { $0.defaultQuality != nil }.map { $0.name })) (default: 90); a WebP of 100 loses nothing
      """
  #endif

  #if VMIR_EDGE
    private static let gemmNames = "builtin"
  #else
    private static let gemmNames = GEMMChoice.names
  #endif
}
