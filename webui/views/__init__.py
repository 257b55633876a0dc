"""The page's nouns, one blueprint each. Views parse, call, render; they decide nothing."""
