import numpy as np

NUMBER = np.float
WARNING = np.VisibleDeprecationWarning
