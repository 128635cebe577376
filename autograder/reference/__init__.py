"""The reference solution: one small module for each stage, in plain NumPy.

A later stage imports what it needs from the earlier ones, as the students' notebooks do.
Shapes are given in letters: N samples, D inputs, H hidden units, K outputs.

    X (N, D)    w1 (D, H)    act_hidden (N, H)    w2 (H, K)    y_hat and y (N, K)

A variable called dL_dw1 holds the partial derivative of L by w1 and has the shape of w1.
"""
