# A ReLU network in NumPy; each row of X is a sample, Y is one-hot.
m = X.shape[0]
Z1 = X @ W1 + b1
A1 = np.maximum(0, Z1)
Z2 = A1 @ W2 + b2
E = np.exp(Z2)
P = E / E.sum(axis=1, keepdims=True)
loss = -np.sum(Y * np.log(P)) / m + lam / 2 * (np.sum(W1**2) + np.sum(W2**2))

dZ2 = (P - Y) / m
dW2 = A1.T @ dZ2 + lam * W2
db2 = dZ2.sum(axis=0, keepdims=True)
dA1 = dZ2 @ W2.T
dZ1 = dA1 * (Z1 > 0)
dW1 = X.T @ dZ1 + lam * W1
db1 = np.sum(dZ1, axis=0)

dW2 = A1.T @ dZ2
dZ1 = dA1 * (A1 > 0)
dZ1 = dA1 * A1
db1 = np.mean(dZ1, axis=0)
dA1 = dZ2 @ W2
W1 -= 0.1 * dW1
