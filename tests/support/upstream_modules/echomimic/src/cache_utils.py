def get_teacache_coefficients(model_name):
    return [1.0] if "wan2.1-fun-v1.1-1.3b" in model_name.lower() else None
