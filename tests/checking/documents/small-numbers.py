Z = X @ W + b
P = softmax(Z)
loss = -np.sum(Y * np.log(P + 1e-8)) / m
dP = -Y / (P + 1e-8) / m
dZ = (P - Y) / m
dW = X.T @ dZ
db = np.sum(dZ, axis=0)
dW = X.T @ (Y - P) / m
