"""How far is an array namespace from the Python array API standard?"""
