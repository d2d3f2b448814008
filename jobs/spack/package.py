# A Spack package of one checkout: copy this file to REPOSITORY/packages/rote/package.py of a repository of your own
# (spack repo create, spack repo add), then
#   spack install rote
# with `spack develop --path CHECKOUT rote@main`, or with `git` below set to where your site keeps Rote.
from spack.package import *


class Rote(CMakePackage):
    """Measures what a generative model has learned by rote: memorization scores of training images, by retraining on
    leave-out folds on all ranks of a cluster job."""

    # git = "..."
    license("BSD-3-Clause")

    version("main", branch="main")

    depends_on("c", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("openmpi@4.1:")
    depends_on("hdf5@1.10: +hl ~mpi")
    depends_on("openblas")
    depends_on("netlib-scalapack")
    depends_on("libyaml")
    depends_on("cjson")
    depends_on("openssl")
    depends_on("zlib-api")
    depends_on("libjpeg-turbo")
    depends_on("libpng")
    depends_on("random123", type="build")
    depends_on("cmocka", type="test")

    def cmake_args(self):
        return [
            self.define("ROTE_TESTS", self.run_tests),
            self.define("RANDOM123_INCLUDE_DIR", self.spec["random123"].prefix.include),
        ]

    def setup_run_environment(self, env):
        env.set("ROTE", self.prefix.bin.rote)
        env.set("ROTE_JOBS", self.prefix.share.rote.jobs)

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def check_installed(self):
        Executable(self.prefix.bin.rote)("selftest")

    def test_selftest(self):
        """the program on this machine"""
        which(self.prefix.bin.rote)("selftest")
