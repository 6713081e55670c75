"""For tests: several processes of a program, by MPI's mpirun."""
import os
import shutil
import subprocess

# Open MPI's, in place of options of mpirun: for few processors with much else to do, and for root in
# a container. Other MPIs ignore them.
SETTINGS = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",  # needs leave to read other processes
    "OMP_NUM_THREADS": "1",
}


def is_there() -> bool:
    return shutil.which("mpirun") is not None


def mpirun(processes: int, *command: str) -> subprocess.CompletedProcess:
    """Raises subprocess.TimeoutExpired when they hang."""
    return subprocess.run(
        ["mpirun", "-n", str(processes), *map(str, command)],
        capture_output=True, encoding="utf-8", errors="replace", timeout=120,
        env={**os.environ, **SETTINGS},
    )
