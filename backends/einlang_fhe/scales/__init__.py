"""How large numbers get, how errors grow, and what scales of programs without rescaling follow."""
