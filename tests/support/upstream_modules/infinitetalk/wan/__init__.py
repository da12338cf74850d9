from . import configs as configs
from .multitalk import InfiniteTalkPipeline as InfiniteTalkPipeline
